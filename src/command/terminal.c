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

/* The words of `text`; *ret_n counts them. */
static int fill_words(const char *option, const char *text, char **argv, char *words, size_t *ret_n,
                      struct err *e)
{
	bool bad = false;
	size_t n = 0;
	for (char *word = words; shell_word(&text, &words, &bad); word = words) {
		if (n >= SHELL_WORDS_MAX)
			return err_set(e, -E2BIG, "%s: too many words", option);
		argv[n++] = word;
	}
	if (bad || n == 0)
		return err_set(e, -EINVAL, "%s: %s", option,
		               n == 0 ? "no program named" : "a quote is not closed");
	argv[n] = NULL;
	*ret_n = n;
	return 0;
}

/* Memory for as many words as may be and two more, for `extra`, and for the words of `text`. */
static char **room_for(const char *extra, const char *text, char **ret_extra, char **ret_words)
{
	size_t room = (SHELL_WORDS_MAX + 3) * sizeof(char *), len = strlen(extra) + 1;
	char *mem = malloc(room + len + strlen(text) + 2);
	if (mem == NULL)
		return NULL;
	*ret_extra = memcpy(mem + room, extra, len);
	*ret_words = mem + room + len;
	return (char **)(void *)mem;
}

int command_words(const char *option, const char *text, char **ret_mem, char ***ret_argv,
                  struct err *e)
{
	char *none, *words, **argv = room_for("", text, &none, &words);
	size_t n;
	if (argv == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	int rc = fill_words(option, text, argv, words, &n, e);
	if (rc < 0) {
		free(argv);
		return rc;
	}
	*ret_mem = (char *)argv;
	*ret_argv = argv;
	return 0;
}

int mua_words(const char *mua, const char *folder, char **ret_mem, char ***ret_argv, struct err *e)
{
	static char dash_f[] = "-f";
	char *place, *words, **argv = room_for(folder, mua, &place, &words);
	bool placed = false;
	size_t n = 0;
	if (argv == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	int rc = fill_words("--mua", mua, argv, words, &n, e);
	if (rc < 0) {
		free(argv);
		return rc;
	}
	for (size_t i = 0; i < n; i++) {
		bool here = strcmp(argv[i], "%f") == 0;
		argv[i] = here ? place : argv[i];
		placed = placed || here;
	}
	if (takes_dash_f(mua))
		argv[n++] = dash_f;
	if (!placed)
		argv[n++] = place;
	argv[n] = NULL;
	*ret_mem = (char *)argv;
	*ret_argv = argv;
	return 0;
}

int mua_start(struct cmd *c, const char *mua, const char *folder, struct err *e)
{
	char *mem = NULL, **argv = NULL, *none[] = { NULL };
	int rc = mua_words(mua, folder, &mem, &argv, e);
	if (rc < 0)
		return rc;
	/* With the query on stdin, the reader needs the terminal back. */
	bool give = option_on(&c->inv, OPT_STDIN, false) && isatty(STDOUT_FILENO);
	int fds[] = { STDOUT_FILENO };
	rc = wire_send_exec(c->call->client, argv, none, fds, give ? 1 : 0, 0);
	c->hushed = c->hushed || isatty(STDERR_FILENO);
	free(mem);
	return rc < 0 ? err_set(e, rc, "cannot ask the client to run %s: %s", mua, strerror(-rc))
	              : 0;
}
