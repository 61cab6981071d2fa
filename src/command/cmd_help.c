/* lei help, --help, lei version. */
#include "cmd.h"
#include "help.h"

static int put(struct cmd *c, struct buf *text)
{
	if (buf_ok(text))
		fwrite(text->data, 1, text->len, c->call->out);
	int status = buf_ok(text) ? 0 : 1;
	buf_free(text);
	return status;
}

static const struct command_def *asked_about(struct cmd *c)
{
	const struct command_def *def = c->inv.def;
	return def != NULL && command_id(def) == CMD_HELP && c->inv.nargs > 0
	           ? command_find(c->inv.args[0])
	           : def;
}

int cmd_help(struct cmd *c)
{
	struct buf text = { 0 };
	const struct command_def *def = asked_about(c);
	if (def == NULL && c->inv.nargs > 0 && command_never(c->inv.args[0]) != NULL)
		return cmd_fail(c, "%s is not implemented: %s", c->inv.args[0],
		                command_never(c->inv.args[0]));
	if (def == NULL && c->inv.nargs > 0)
		return cmd_fail(c, "`%s' is not an lei command", c->inv.args[0]);
	if (def == NULL || (command_id(def) == CMD_HELP && c->inv.nargs == 0))
		help_overview(&text);
	else
		help_command(def, &text);
	return put(c, &text);
}

int cmd_version(struct cmd *c)
{
	fprintf(c->call->out, "lei %s\n", LEI_VERSION);
	return 0;
}
