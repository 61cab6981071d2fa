/* Start: one daemon per socket, whoever else is starting one; then serve. */
#include "../base/err.h"
#include "detach.h"
#include "fds.h"
#include "log.h"
#include "place.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_TRIES = 10 };
static const char ready_mark = '+'; /* the first byte to the starter: it listens */

/* Received descriptors must not land on 0, 1 or 2. */
static int fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int open_and_lock(const char *path, struct place *p, struct err *e)
{
	int rc = -ESTALE;

	for (int i = 0; rc == -ESTALE && i < LOCK_TRIES; i++) {
		rc = place_open(path, p, e);
		if (rc < 0)
			return rc;
		rc = place_lock(p, e);
		if (rc < 0)
			place_close(p);
	}
	return rc;
}

/* ---- the background process ---- */

static void tell_ready(void *rock)
{
	int *starter = rock;

	if (write(*starter, &ready_mark, 1) < 0)
		log_line("started, though the starter has gone");
	fd_close(starter);
}

static _Noreturn void background(const struct daemon_config *cfg, struct place *p, int starter)
{
	struct err e = { .text = "" };
	int keep[] = { p->lock, starter };

	int rc = detach_inheritance(keep, sizeof(keep) / sizeof(keep[0]), &e);
	if (rc == 0)
		rc = detach_terminal(p->lock, &e);
	if (rc == 0)
		rc = server_run(cfg, p, tell_ready, &starter, &e);
	if (rc < 0) {
		if (write(starter, e.text, strlen(e.text)) < 0)
			log_line("%s", e.text);
		rc = EXIT_FAILURE;
	}
	place_close(p);
	_exit(rc);
}

/* ---- the starter ---- */

static int await_ready(int from)
{
	char text[ERR_TEXT_MAX + 1];
	size_t len = 0;

	while (len < sizeof(text) - 1) {
		ssize_t n = read(from, text + len, sizeof(text) - 1 - len);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	if (len && text[0] == ready_mark)
		return EXIT_SUCCESS;
	fprintf(stderr, "lei-daemon: %s\n", len ? text : "died while it was starting");
	return EXIT_FAILURE;
}

static int start_background(const struct daemon_config *cfg, struct place *p)
{
	int to_starter[2];

	if (pipe2(to_starter, O_CLOEXEC) < 0) {
		fprintf(stderr, "lei-daemon: cannot make a pipe: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	pid_t pid = fork();
	if (pid == 0)
		background(cfg, p, to_starter[1]);
	close(to_starter[1]);
	int status = EXIT_FAILURE;
	if (pid < 0)
		fprintf(stderr, "lei-daemon: cannot fork: %s\n", strerror(errno));
	else
		status = await_ready(to_starter[0]);
	close(to_starter[0]);
	return status;
}

/* ---- the foreground process ---- */

static void no_one_to_tell(void *rock)
{
	(void)rock;
}

static int run_foreground(const struct daemon_config *cfg, struct place *p)
{
	struct err e = { .text = "" };
	int keep[] = { p->lock };
	int rc = detach_inheritance(keep, 1, &e);

	if (rc == 0)
		rc = server_run(cfg, p, no_one_to_tell, NULL, &e);
	if (rc >= 0)
		return rc;
	fprintf(stderr, "lei-daemon: %s\n", e.text);
	return EXIT_FAILURE;
}

int daemon_main(const struct daemon_config *cfg)
{
	struct place p = { .lock = -1 };
	struct err e = { .text = "" };

	umask(077);
	int rc = fill_standard_fds();
	if (rc < 0)
		err_put_sys(&e, -rc, "cannot open /dev/null");
	else
		rc = open_and_lock(cfg->socket_path, &p, &e);
	if (rc == 0)
		rc = place_probe(&p, &e);
	int status = EXIT_FAILURE;
	if (rc < 0) {
		fprintf(stderr, "lei-daemon: %s\n", e.text);
	} else if (rc == 1) {
		status = EXIT_SUCCESS;
		if (cfg->foreground)
			fprintf(stderr, "lei-daemon: '%s' is served already\n", p.socket);
	} else {
		place_trim_log(&p);
		status = cfg->foreground ? run_foreground(cfg, &p) : start_background(cfg, &p);
	}
	place_close(&p);
	return status;
}
