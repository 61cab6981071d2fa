/* A command as it runs: what every command function gets. */
#ifndef COMMAND_CMD_H
#define COMMAND_CMD_H

#include "../base/err.h"
#include "../daemon/call.h"
#include "options.h"

struct cmd {
	struct call *call;
	struct invocation inv;
	const char *as; /* what messages call it; NULL: by its name */
	bool hushed; /* a mail program has the terminal: no feedback */
};

/* One per command; returns its exit status. */
int cmd_q(struct cmd *c);
int cmd_lcat(struct cmd *c);
int cmd_up(struct cmd *c);
int cmd_ls_search(struct cmd *c);
int cmd_edit_search(struct cmd *c);
int cmd_forget_search(struct cmd *c);
int cmd_blob(struct cmd *c);
int cmd_p2q(struct cmd *c);
int cmd_mail_diff(struct cmd *c);
int cmd_rediff(struct cmd *c);
int cmd_import(struct cmd *c);
int cmd_index(struct cmd *c);
int cmd_tag(struct cmd *c);
int cmd_rm(struct cmd *c);
int cmd_ls_label(struct cmd *c);
int cmd_fsck(struct cmd *c);
int cmd_reindex(struct cmd *c);
int cmd_backup(struct cmd *c);
int cmd_inspect(struct cmd *c);
int cmd_convert(struct cmd *c);
int cmd_add_watch(struct cmd *c);
int cmd_rm_watch(struct cmd *c);
int cmd_ls_watch(struct cmd *c);
int cmd_pause_watch(struct cmd *c);
int cmd_resume_watch(struct cmd *c);
int cmd_forget_watch(struct cmd *c);
int cmd_export_kw(struct cmd *c);
int cmd_ls_mail_sync(struct cmd *c);
int cmd_refresh_mail_sync(struct cmd *c);
int cmd_forget_mail_sync(struct cmd *c);
int cmd_note_event(struct cmd *c);
int cmd_add_external(struct cmd *c);
int cmd_ls_external(struct cmd *c);
int cmd_forget_external(struct cmd *c);
int cmd_config(struct cmd *c);
int cmd_init(struct cmd *c);
int cmd_daemon_kill(struct cmd *c);
int cmd_daemon_pid(struct cmd *c);
int cmd_help(struct cmd *c);
int cmd_version(struct cmd *c);
int cmd_sucks(struct cmd *c);
int cmd_complete(struct cmd *c);

/* "lei: COMMAND: text" on the client's stderr; returns 1, the exit status of a failure. */
int cmd_fail(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int cmd_fail_err(const struct cmd *c, const struct err *e);
/* "# text" on the client's stderr unless --quiet. */
void cmd_note(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* All of it to standard output, however long that takes; not for inline commands. */
int cmd_write(const char *data, size_t len, struct err *e);

/* Of the client's environment. */
const char *cmd_getenv(const struct cmd *c, const char *name);

#endif
