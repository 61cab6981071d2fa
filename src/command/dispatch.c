/* From a request to a command function. */
#include "cmd.h"
#include "command.h"
#include "complete.h"
#include "watching.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static int (*const command_run[CMD_COUNT])(struct cmd *) = {
	[CMD_Q] = cmd_q,
	[CMD_LCAT] = cmd_lcat,
	[CMD_UP] = cmd_up,
	[CMD_LS_SEARCH] = cmd_ls_search,
	[CMD_EDIT_SEARCH] = cmd_edit_search,
	[CMD_FORGET_SEARCH] = cmd_forget_search,
	[CMD_BLOB] = cmd_blob,
	[CMD_P2Q] = cmd_p2q,
	[CMD_MAIL_DIFF] = cmd_mail_diff,
	[CMD_REDIFF] = cmd_rediff,
	[CMD_IMPORT] = cmd_import,
	[CMD_INDEX] = cmd_index,
	[CMD_TAG] = cmd_tag,
	[CMD_RM] = cmd_rm,
	[CMD_LS_LABEL] = cmd_ls_label,
	[CMD_FSCK] = cmd_fsck,
	[CMD_REINDEX] = cmd_reindex,
	[CMD_BACKUP] = cmd_backup,
	[CMD_INSPECT] = cmd_inspect,
	[CMD_CONVERT] = cmd_convert,
	[CMD_ADD_WATCH] = cmd_add_watch,
	[CMD_RM_WATCH] = cmd_rm_watch,
	[CMD_LS_WATCH] = cmd_ls_watch,
	[CMD_PAUSE_WATCH] = cmd_pause_watch,
	[CMD_RESUME_WATCH] = cmd_resume_watch,
	[CMD_FORGET_WATCH] = cmd_forget_watch,
	[CMD_EXPORT_KW] = cmd_export_kw,
	[CMD_LS_MAIL_SYNC] = cmd_ls_mail_sync,
	[CMD_REFRESH_MAIL_SYNC] = cmd_refresh_mail_sync,
	[CMD_FORGET_MAIL_SYNC] = cmd_forget_mail_sync,
	[CMD_NOTE_EVENT] = cmd_note_event,
	[CMD_ADD_EXTERNAL] = cmd_add_external,
	[CMD_LS_EXTERNAL] = cmd_ls_external,
	[CMD_FORGET_EXTERNAL] = cmd_forget_external,
	[CMD_CONFIG] = cmd_config,
	[CMD_INIT] = cmd_init,
	[CMD_DAEMON_KILL] = cmd_daemon_kill,
	[CMD_DAEMON_PID] = cmd_daemon_pid,
	[CMD_HELP] = cmd_help,
	[CMD_VERSION] = cmd_version,
	[CMD_SUCKS] = cmd_sucks,
	[CMD_COMPLETE] = cmd_complete,
};

int cmd_fail(const struct cmd *c, const char *fmt, ...)
{
	struct err e;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	return cmd_fail_err(c, &e);
}

int cmd_fail_err(const struct cmd *c, const struct err *e)
{
	fprintf(c->call->err, "lei: %s: %s\n", c->as != NULL ? c->as : c->inv.def->name, e->text);
	return 1;
}

void cmd_note(const struct cmd *c, const char *fmt, ...)
{
	struct err e;
	va_list ap;
	if (c->hushed || option_on(&c->inv, OPT_QUIET, false))
		return;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	fprintf(c->call->err, "# %s\n", e.text);
}

const char *cmd_getenv(const struct cmd *c, const char *name)
{
	return wire_request_getenv(c->call->req, name);
}

/* -C DIR, each relative to the one before; "" is where we are. */
static int change_dirs(struct cmd *c)
{
	for (size_t i = 0; i < c->inv.nvalues; i++) {
		const struct option_value *v = &c->inv.values[i];
		if (v->id == OPT_CHDIR && *v->text != '\0' && chdir(v->text) < 0) {
			fprintf(c->call->err, "lei: cd %s: %s\n", v->text, strerror(errno));
			return -1;
		}
	}
	return 0;
}

/* Usage errors and help print a few lines from memory.  -C needs a working directory, which
 * only a worker has. */
static bool runs_inline(void *rock, const struct wire_request *req)
{
	struct invocation inv;
	(void)rock;
	int rc = invocation_parse(req, &inv, NULL);
	bool yes = rc < 0 || inv.help || inv.def == NULL ||
	           (inv.def->is_inline && option_last(&inv, OPT_CHDIR) == NULL &&
	            (command_id(inv.def) != CMD_COMPLETE || complete_is_inline(&inv)));
	invocation_free(&inv);
	return yes;
}

/* What is answered from memory has no need of a watcher. */
static bool home(void *rock, const struct wire_request *req, struct buf *key)
{
	return !runs_inline(rock, req) && watching_home(rock, req, key);
}

static int run_parsed(struct cmd *c)
{
	if (c->inv.version)
		return cmd_version(c);
	if (c->inv.help || c->inv.def == NULL)
		return cmd_help(c);
	if (!c->call->is_inline) {
		environ = c->call->req->envp; /* programs that we start are the client's */
		if (change_dirs(c) < 0)
			return 1;
	}
	return command_run[command_id(c->inv.def)](c);
}

static int run(void *rock, struct call *call)
{
	struct cmd c = { .call = call };
	struct err e = { .text = "" };
	(void)rock;
	int status = 1;
	int rc = invocation_parse(call->req, &c.inv, &e);
	if (rc == 0)
		status = run_parsed(&c);
	else
		fprintf(call->err, "lei: %s\n", e.text);
	if (rc == -EINVAL && c.inv.def == NULL)
		fprintf(call->err, "Try `lei help'.\n");
	invocation_free(&c.inv);
	return status;
}

const struct dispatcher command_dispatcher = {
	.runs_inline = runs_inline, .home = home, .watch = watching_run, .run = run
};
