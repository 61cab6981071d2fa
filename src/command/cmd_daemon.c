/* lei daemon-pid, lei daemon-kill.  Inline they run in the daemon itself; with -C DIR they run
 * in a worker, whose parent the daemon is. */
#include "cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 0 when the daemon has gone in the meantime. */
static pid_t daemon_pid(const struct cmd *c)
{
	pid_t pid = c->call->is_inline ? getpid() : getppid();
	return c->call->is_inline || pid > 1 ? pid : 0;
}

int cmd_daemon_pid(struct cmd *c)
{
	pid_t pid = daemon_pid(c);
	if (pid == 0)
		return cmd_fail(c, "the daemon has gone");
	fprintf(c->call->out, "%ld\n", (long)pid);
	return 0;
}

/* "TERM", "SIGTERM", "15", "RTMIN", ""; -1 for another word. */
static int signal_number(const char *word)
{
	char *end;
	long n = strtol(word, &end, 10);
	if (*end == '\0' && (end == word || (word[0] >= '0' && word[0] <= '9')))
		return n <= SIGRTMAX ? (int)n : -1;
	if (strncmp(word, "SIG", 3) == 0)
		word += 3;
	if (strcmp(word, "RTMIN") == 0)
		return SIGRTMIN;
	if (strcmp(word, "RTMAX") == 0)
		return SIGRTMAX;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *name = sigabbrev_np(i);
		if (name != NULL && strcmp(name, word) == 0)
			return i;
	}
	return -1;
}

int cmd_daemon_kill(struct cmd *c)
{
	const char *word = option_text(&c->inv, OPT_SIGNAL);
	int signo = word != NULL ? signal_number(word) : SIGTERM;
	pid_t pid = daemon_pid(c);
	if (signo < 0)
		return cmd_fail(c, "no such signal: %s", word);
	if (pid == 0)
		return cmd_fail(c, "the daemon has gone");
	if (c->call->is_inline) {
		c->call->raise_after = true;
		c->call->raise_signo = signo;
		return 0;
	}
	if (kill(pid, signo) < 0)
		return cmd_fail(c, "kill %ld: %s", (long)pid, strerror(errno));
	return 0;
}
