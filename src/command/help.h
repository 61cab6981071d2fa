/* Text drawn from the table: help, and the generated documents. */
#ifndef COMMAND_HELP_H
#define COMMAND_HELP_H

#include "../base/buf.h"
#include "table.h"

/* "-o, --output MFOLDER", "    --no-save" */
void help_option_names(const struct option_def *def, struct buf *out);
bool help_shows(const struct option_def *def);
void help_command(const struct command_def *def, struct buf *out);
void help_overview(struct buf *out);
/* One name as typed ("--output", "-o"): calls fn for each that completion may offer. */
void help_each_switch(const struct option_def *def, void (*fn)(void *rock, const char *name),
                      void *rock);

/* Generated parts of documents (generate.c; gen/gen.c puts them into the templates). */
void roff_commands(struct buf *out); /* .SS per command, for lei(1) */
void completion_shell(struct buf *out); /* functions that bash and zsh share */
void completion_fish(struct buf *out);

#endif
