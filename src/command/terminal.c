/* Pager and mail reader: the client owns the terminal, so it runs them. */
#include "terminal.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What `git var GIT_PAGER` says: "" for none. */
static int pager_name(struct buf *out, struct err *e)
{
	const char *argv[] = { "git", "var", "GIT_PAGER", NULL };
	int rc = run_program(argv, out, e);
	if (rc != 0)
		out->len = 0; /* without git the output still comes, unpaged */
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
	if (strcmp(buf_cstr(out), "cat") == 0)
		out->len = 0;
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int send_pager(const struct cmd *c, char *name, int from, struct err *e)
{
	char less[] = "LESS=FRX", lv[] = "LV=-c";
	char *argv[] = { name, NULL }, *env[3] = { NULL };
	size_t n = 0;
	if (cmd_getenv(c, "LESS") == NULL)
		env[n++] = less;
	if (cmd_getenv(c, "LV") == NULL)
		env[n++] = lv;
	int fds[] = { from, STDOUT_FILENO, STDERR_FILENO };
	int rc = wire_send_exec(c->call->client, argv, env, fds, 3, 0);
	return rc < 0 ? err_set(e, rc, "cannot ask the client for a pager: %s", strerror(-rc)) : 0;
}

int pager_start(const struct cmd *c, struct err *e)
{
	struct buf name = { 0 };
	int ends[2];
	int rc = pager_name(&name, e);
	if (rc < 0 || name.len == 0) {
		buf_free(&name);
		return rc;
	}
	if (pipe2(ends, O_CLOEXEC) < 0) {
		buf_free(&name);
		return err_sys(e, errno, "pager: pipe");
	}
	rc = send_pager(c, name.data, ends[0], e);
	if (rc == 0 && dup2(ends[1], STDOUT_FILENO) < 0)
		rc = err_sys(e, errno, "pager");
	close(ends[0]);
	close(ends[1]);
	buf_free(&name);
	return rc;
}

/* Take the next word from *at into *to, which moves on; false at the end, and *bad for an open
 * quote. */
static bool shell_word(const char **at, char **to, bool *bad)
{
	const char *p = *at + strspn(*at, " \t\n");
	char quote = '\0', *w = *to;
	if (*p == '\0')
		return false;
	for (; *p != '\0' && (quote != '\0' || strchr(" \t\n", *p) == NULL); p++) {
		if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			*w++ = *++p;
		else
			*w++ = *p;
	}
	*w++ = '\0';
	*bad = *bad || quote != '\0';
	*to = w;
	*at = p;
	return true;
}

static bool takes_dash_f(const char *mua)
{
	static const char *const known[] = { "mutt", "neomutt", "mailx", "mail" };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(mua, known[i]) == 0)
			return true;
	}
	return false;
}

static int fill_words(const char *mua, char *folder, char **argv, char *words, struct err *e)
{
	static char dash_f[] = "-f";
	bool bad = false, placed = false;
	const char *at = mua;
	size_t n = 0;
	for (char *word = words; shell_word(&at, &words, &bad); word = words) {
		if (n >= SHELL_WORDS_MAX)
			return err_set(e, -E2BIG, "--mua: too many words");
		bool here = strcmp(word, "%f") == 0;
		placed = placed || here;
		argv[n++] = here ? folder : word;
	}
	if (bad || n == 0)
		return err_set(e, -EINVAL, "--mua: %s",
		               n == 0 ? "no program named" : "a quote is not closed");
	if (takes_dash_f(mua))
		argv[n++] = dash_f;
	if (!placed)
		argv[n++] = folder;
	argv[n] = NULL;
	return 0;
}

int mua_words(const char *mua, const char *folder, char **ret_mem, char ***ret_argv, struct err *e)
{
	size_t room = (SHELL_WORDS_MAX + 3) * sizeof(char *), flen = strlen(folder) + 1;
	char *mem = malloc(room + flen + strlen(mua) + 2);
	if (mem == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	char **argv = (char **)(void *)mem;
	memcpy(mem + room, folder, flen);
	int rc = fill_words(mua, mem + room, argv, mem + room + flen, e);
	if (rc < 0) {
		free(mem);
		return rc;
	}
	*ret_mem = mem;
	*ret_argv = argv;
	return 0;
}

int mua_start(const struct cmd *c, const char *mua, const char *folder, struct err *e)
{
	char *mem = NULL, **argv = NULL, *none[] = { NULL };
	int rc = mua_words(mua, folder, &mem, &argv, e);
	if (rc < 0)
		return rc;
	/* With the query on stdin, the reader needs the terminal back. */
	bool give = option_on(&c->inv, OPT_STDIN, false) && isatty(STDOUT_FILENO);
	int fds[] = { STDOUT_FILENO };
	rc = wire_send_exec(c->call->client, argv, none, fds, give ? 1 : 0, 0);
	free(mem);
	return rc < 0 ? err_set(e, rc, "cannot ask the client to run %s: %s", mua, strerror(-rc))
	              : 0;
}
