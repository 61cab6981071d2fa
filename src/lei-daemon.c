/* lei-daemon: hand the commands to the daemon and start it. */
#include "command/command.h"
#include "daemon/daemon.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "usage: lei-daemon [--foreground] [--socket PATH]\n"
    "\n"
    "lei starts it when there is none; it serves until it gets SIGTERM or its socket is\n"
    "removed.\n"
    "\n"
    "  --foreground   stay in the foreground and log to standard error\n"
    "  --socket PATH  listen there instead of $XDG_RUNTIME_DIR/lei/" WIRE_SOCKET_NAME "\n"
    "  --version      print the version\n"
    "  --help         print this\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "socket", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct daemon_config cfg = { .dispatcher = command_dispatcher };
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			cfg.foreground = true;
			break;
		case 's':
			cfg.socket_path = optarg;
			break;
		case 'v':
			puts("lei-daemon " LEI_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "lei-daemon: unexpected argument '%s'\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	return daemon_main(&cfg);
}
