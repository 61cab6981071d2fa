/* lei's configuration: a git config file of its own, always read and written by git itself. */
#ifndef COMMAND_CONFIG_H
#define COMMAND_CONFIG_H

#include "cmd.h"

#include "../base/buf.h"

/* "$XDG_CONFIG_HOME/lei/config", else "$HOME/.config/lei/config". */
int config_path(const struct cmd *c, struct buf *out, struct err *e);
/* Its directory, made when absent. */
int config_make_dir(const char *path, struct err *e);

/* The value of "section.name" appended to `out`: the last -c that names it, else the file's. 1 when
 * there is one, 0 when not.  Worker only: runs git, and only if the file is there. */
int config_get(const struct cmd *c, const char *key, struct buf *out, struct err *e);

/* All "key\nvalue" whose key fits the regular expression, each ended by NUL, appended to `out`; a key
 * without a value comes without the newline.  `overrides`: every -c, too, after the file's own.
 * Worker only. */
int config_list(const struct cmd *c, const char *regexp, bool overrides, struct buf *out,
                struct err *e);

/* A descriptor with a config that includes the file and adds every -c: what `git config -f` reads
 * when there are any.  *ret is the caller's; -1 when no -c was given. */
int config_overlay(const struct cmd *c, int *ret, struct err *e);

/* A value as a config file has it, in quotes. */
void config_quote(struct buf *out, const char *s, size_t len);

/* Run a program and wait: its stdout goes into `out` (may be NULL: our own).  Returns its exit
 * status, or -errno. */
int run_program(const char *const *argv, struct buf *out, struct err *e);

/* The directory of the store, absolute: leistore.dir, else the default.  -EEXIST when it belongs
 * to the original. */
int store_place(const struct cmd *c, struct buf *out, struct err *e);
int store_place_default(const struct cmd *c, struct buf *out, struct err *e);
/* Make `path` absolute (by our working directory), without trailing slashes. */
int absolute_path(const char *path, struct buf *out, struct err *e);
/* Likewise, and "//" and "/./" become "/"; ".." stays, as it may lead through a link. */
int squeezed_path(const char *path, struct buf *out, struct err *e);

#endif
