/* After a crash: how far had a writing to a path come (writer.h, mail_writer_staged)?
 *
 * Of a Maildir every mail has a file in tmp/ until it moves to its place; whoever deletes it there leaves
 * no doubt.  An mbox is replaced whole: the file at its path is the new one or is not. */
#ifndef MAIL_STAGED_H
#define MAIL_STAGED_H

#include "format.h"

#include <stddef.h>

struct err;

enum { STAGED_TOKEN_MAX = 128 };

/* Had mail `number`, counted from 0, been put in its place?  1, 0 or -errno. */
int staged_is_out(const char *path, enum mail_format f, const char *token, size_t number,
                  struct err *e);
/* Remove what is left of it beside its place. */
void staged_clean(const char *path, enum mail_format f, const char *token);

/* Remove all that writers who were killed have left in tmp/ of a Maildir, unless somebody writes there now
 * (staged_hold).  Whether it had come to its place cannot be told afterwards. */
void staged_sweep(const char *path, enum mail_format f);

/* What tells a file from itself after any change; -errno. */
int staged_look(const char *path, char look[STAGED_TOKEN_MAX]);

/* For the writers: the name in tmp/ of mail `number`; a token that tells this file from all others. */
void staged_name(const char *token, size_t number, char *name, size_t cap);
int staged_token(int fd, char token[STAGED_TOKEN_MAX]);
/* Keep what is in tmp/, open at `tmp`, from being swept until that is closed. */
void staged_hold(int tmp);

#endif
