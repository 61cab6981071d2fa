/* Commands of the tests' own daemon; those called "in-" run inline. */
#ifndef TESTS_DAEMON_COMMANDS_H
#define TESTS_DAEMON_COMMANDS_H

#include "base/err.h"
#include "daemon/call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BIG_STATUS = 8 };

static inline int cmd_big(struct call *c, const char *size)
{
	for (long n = strtol(size, NULL, 10); n > 0; n--)
		fputc('x', c->out);
	return BIG_STATUS;
}

static inline int cmd_kill(struct call *c, const char *signo)
{
	c->raise_after = true;
	c->raise_signo = (int)strtol(signo, NULL, 10);
	return 0;
}

_Noreturn static inline int cmd_sleep(struct call *c)
{
	fputs("asleep\n", c->err);
	for (;;)
		pause();
}

/* A sibling in the group that only KILL stops. */
static inline int cmd_family(struct call *c, bool stay)
{
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	fprintf(c->err, "%ld\n", (long)pid);
	while (stay)
		pause();
	return 0;
}

static inline int cmd_stubborn(struct call *c)
{
	signal(SIGTERM, SIG_IGN);
	return cmd_sleep(c);
}

static inline int cmd_fill(struct call *c)
{
	fputs("filling\n", c->err);
	while (fputc('x', c->out) != EOF)
		continue;
	return 0;
}

static inline int cmd_cat(struct call *c)
{
	char buf[512];
	ssize_t n;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, c->out);
	return n < 0 ? errno : 0;
}

static inline int cmd_where(struct call *c)
{
	char cwd[PATH_MAX];
	fprintf(c->out, "%s %s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?",
	        getenv("COLOUR") ? getenv("COLOUR") : "-");
	return 0;
}

static inline int cmd_fds(struct call *c)
{
	for (int fd = 0; fd < 200; fd++)
		if (fd != c->client && fd != c->control && fcntl(fd, F_GETFD) >= 0)
			fprintf(c->out, "%d ", fd);
	return 0;
}

static inline int cmd_store(struct call *c, const char *dir)
{
	struct err e = { .text = "" };
	int conn = call_store(c, dir, &e);
	if (conn < 0) {
		fprintf(c->err, "%s\n", e.text);
		return 1;
	}
	fputs("connected\n", c->out);
	close(conn);
	return 0;
}

static inline bool fake_runs_inline(void *rock, const struct wire_request *req)
{
	(void)rock;
	return req->argc == 0 || strncmp(req->argv[0], "in-", 3) == 0;
}

static inline int fake_run(void *rock, struct call *c)
{
	const char *name = c->req->argc > 0 ? c->req->argv[0] : "";
	const char *arg = c->req->argc > 1 ? c->req->argv[1] : "";
	(void)rock;
	if (!strcmp(name, "in-hello") || !strcmp(name, "hello"))
		return fputs("hello\n", c->out) < 0;
	if (!strcmp(name, "in-fail") || !strcmp(name, "fail"))
		return fputs("no\n", c->err) < 0 ? 1 : 3;
	if (!strcmp(name, "in-big") || !strcmp(name, "big"))
		return cmd_big(c, arg);
	if (!strcmp(name, "in-kill"))
		return cmd_kill(c, arg);
	if (!strcmp(name, "sleep"))
		return cmd_sleep(c);
	if (!strcmp(name, "stubborn"))
		return cmd_stubborn(c);
	if (!strcmp(name, "orphan") || !strcmp(name, "family"))
		return cmd_family(c, name[0] == 'f');
	if (!strcmp(name, "fill"))
		return cmd_fill(c);
	if (!strcmp(name, "cat"))
		return cmd_cat(c);
	if (!strcmp(name, "where"))
		return cmd_where(c);
	if (!strcmp(name, "fds"))
		return cmd_fds(c);
	if (!strcmp(name, "die"))
		return raise((int)strtol(arg, NULL, 10));
	if (!strcmp(name, "store"))
		return cmd_store(c, arg);
	fputs("what?\n", c->err);
	return 2;
}

#endif
