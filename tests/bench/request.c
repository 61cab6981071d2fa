/* request: what one request costs, beside a bare server that does the same.
 *     request serve SOCKET        the bare server: accept, take datagram and descriptors, reply
 *     request ask SOCKET N        N requests `_complete lei q --form` one after the other; prints
 *                                 the median microseconds from connect to end of file
 *     request probe SOCKET            requests `daemon-pid`, a moment apart, until stdin ends; prints
 *                                 how many, the median, 99th percentile and worst of them */
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what, int rc)
{
	fprintf(stderr, "request: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static _Noreturn void serve(const char *path)
{
	static char data[WIRE_REQUEST_COMPAT];
	int listener;
	int rc = wire_listen(path, 64, &listener);

	if (rc < 0)
		die(path, rc);
	for (;;) {
		struct pollfd p = { .fd = listener, .events = POLLIN };
		if (poll(&p, 1, -1) < 0)
			continue;
		int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (sock < 0)
			continue;
		struct wire_packet packet = { .data = data, .cap = sizeof(data) };
		if (wire_recv(sock, &packet, 0) == 0 && packet.nfds == WIRE_REQUEST_FDS) {
			if (write(packet.fds[1], "--format\n", 9) != 9)
				die("write", -errno);
			wire_send_x_it(sock, 0, 0);
		}
		wire_packet_close(&packet);
		close(sock);
	}
}

static double ask_once(const char *path, const char *request, size_t len, const int *fds)
{
	char reply[256];
	struct timespec a, b;
	int sock;

	clock_gettime(CLOCK_MONOTONIC, &a);
	int rc = wire_connect(path, &sock);
	if (rc < 0)
		die(path, rc);
	rc = wire_send(sock, request, len, fds, WIRE_REQUEST_FDS, 0);
	if (rc < 0)
		die("send", rc);
	while (recv(sock, reply, sizeof(reply), 0) > 0)
		;
	close(sock);
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int ask(const char *path, size_t n)
{
	static const char request[] = "4\0_complete\0lei\0q\0--form\0HOME=/\0";
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), cwd = open("/", O_PATH | O_CLOEXEC);
	int fds[WIRE_REQUEST_FDS] = { null, null, null, cwd };
	double *us = calloc(n, sizeof(*us));

	if (!us || null < 0 || cwd < 0)
		die("set-up", -errno);
	for (size_t i = 0; i < n; i++)
		us[i] = ask_once(path, request, sizeof(request), fds);
	qsort(us, n, sizeof(*us), by_value);
	printf("%.1f\n", us[n / 2]);
	free(us);
	return 0;
}

enum { PROBES_MAX = 1 << 20, PROBE_PAUSE_MS = 2 };

static int probe(const char *path)
{
	static const char request[] = "1\0daemon-pid\0HOME=/\0";
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), cwd = open("/", O_PATH | O_CLOEXEC);
	int fds[WIRE_REQUEST_FDS] = { null, null, null, cwd };
	double *us = calloc(PROBES_MAX, sizeof(*us));
	struct pollfd end = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t n = 0;

	if (!us || null < 0 || cwd < 0)
		die("set-up", -errno);
	do
		us[n++] = ask_once(path, request, sizeof(request), fds);
	while (n < PROBES_MAX && poll(&end, 1, PROBE_PAUSE_MS) == 0);
	qsort(us, n, sizeof(*us), by_value);
	printf("%zu %.1f %.1f %.1f\n", n, us[n / 2], us[n * 99 / 100], us[n - 1]);
	free(us);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "ask") && atoi(argv[3]) > 0)
		return ask(argv[2], (size_t)atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "probe"))
		return probe(argv[2]);
	fprintf(stderr,
	        "usage: request serve SOCKET | request ask SOCKET N | request probe SOCKET\n");
	return 64;
}
