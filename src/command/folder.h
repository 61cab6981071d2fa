/* Mail folders by URL, as mail_sync and the watches know them: "maildir:/real/path". */
#ifndef COMMAND_FOLDER_H
#define COMMAND_FOLDER_H

#include "../base/buf.h"
#include "../base/err.h"

#include <stdbool.h>

/* Append the URL of what a person names: PATH or maildir:PATH.  Symbolic links are resolved, so that
 * one folder has one URL; of a path that does not exist (any more), as far as it exists.  -EINVAL for
 * folders of other kinds. */
int folder_url(const char *arg, struct buf *out, struct err *e);
/* The same for a path, with nothing before it. */
int folder_url_of_path(const char *path, struct buf *out, struct err *e);

/* The path in a URL of a Maildir; NULL for other URLs. */
const char *folder_path(const char *url);
/* Length of "imap" in "imap://host/box", 0 where there is no scheme. */
size_t url_scheme_length(const char *url);
/* Needs it a network? */
bool folder_is_remote(const char *url);
/* Is `url` a folder somewhere inside of `top`? */
bool folder_is_below(const char *url, const char *top);

/* Is there a Maildir?  0, -ENOENT and its like, -EINVAL for a directory that is none. */
int folder_check(const char *url, struct err *e);

#endif
