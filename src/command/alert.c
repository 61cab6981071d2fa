/* See alert.h.  The client owns the terminal and the mail program, so most of it is asked of the
 * client; its descriptors go with a command, which therefore runs beside it and not in its place. */
#include "alert.h"

#include "terminal.h"

#include "../base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int alert_fn(const struct cmd *c, const char *alert, struct err *e);

static int send_words(const struct cmd *c, const char *alert, struct err *e)
{
	char *mem, **argv, *none[] = { NULL };
	int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	int rc = command_words("--alert", alert, &mem, &argv, e);
	if (rc < 0)
		return rc;
	rc = wire_send_exec(c->call->client, argv, none, fds, 3, 0);
	free(mem);
	return rc < 0 ? err_set(e, rc, "cannot ask the client to run %s: %s", alert, strerror(-rc))
	              : 0;
}

static int send_winch(const struct cmd *c, struct err *e)
{
	static const char winch[] = "-WINCH";
	int rc = wire_send(c->call->client, winch, sizeof(winch) - 1, NULL, 0, 0);
	return rc < 0 ? err_set(e, rc, "cannot wake the mail program: %s", strerror(-rc)) : 0;
}

static int run_one(const struct cmd *c, const char *alert, struct err *e)
{
	if (strcmp(alert, ":WINCH") == 0)
		return send_winch(c, e);
	if (strcmp(alert, ":bell") == 0)
		return cmd_write("\a", 1, e);
	return send_words(c, alert, e);
}

static int check_one(const struct cmd *c, const char *alert, struct err *e)
{
	char *mem, **argv;
	(void)c;
	if (strcmp(alert, ":WINCH") == 0 || strcmp(alert, ":bell") == 0)
		return 0;
	if (*alert == ':')
		return err_set(e, -EINVAL, "--alert=%s: neither :WINCH nor :bell", alert);
	int rc = command_words("--alert", alert, &mem, &argv, e);
	if (rc == 0)
		free(mem);
	return rc;
}

/* A comma parts alerts, unless there is a backslash before it. */
static int each_of(const struct cmd *c, const char *text, alert_fn *fn, struct err *e)
{
	struct buf one = { 0 };
	int rc = 0;
	for (const char *p = text; rc == 0; p++) {
		if (*p != '\0' && (*p != ',' || (p > text && p[-1] == '\\'))) {
			buf_addc(&one, *p);
			continue;
		}
		if (one.len > 0)
			rc = fn(c, buf_cstr(&one), e);
		if (!buf_ok(&one))
			rc = err_set(e, -ENOMEM, "out of memory");
		buf_reset(&one);
		if (*p == '\0')
			break;
	}
	buf_free(&one);
	return rc;
}

static int each_alert(const struct cmd *c, alert_fn *fn, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < c->inv.nvalues && rc == 0; i++) {
		if (c->inv.values[i].id == OPT_ALERT)
			rc = each_of(c, c->inv.values[i].text, fn, e);
	}
	return rc;
}

int alerts_check(const struct cmd *c, struct err *e)
{
	return each_alert(c, check_one, e);
}

int alerts_run(const struct cmd *c, bool mua, struct err *e)
{
	if (option_last(&c->inv, OPT_ALERT) != NULL)
		return each_alert(c, run_one, e);
	int rc = mua ? send_winch(c, e) : 0;
	return rc == 0 && mua && isatty(STDOUT_FILENO) ? cmd_write("\a", 1, e) : rc;
}
