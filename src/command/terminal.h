/* Programs that the client runs in its own terminal: pager and mail reader. */
#ifndef COMMAND_TERMINAL_H
#define COMMAND_TERMINAL_H

#include "cmd.h"

enum { SHELL_WORDS_MAX = 64 };

/* From here on descriptor 1 goes to the user's pager (git's), unless that is none or cat.  Call
 * when 1 is a terminal and nothing was written yet. */
int pager_start(const struct cmd *c, struct err *e);

/* The command line of --mua=CMD for `folder`: "mutt" and its like get -f, %f stands for the
 * folder, which else comes last.  Words are taken apart as a shell does (quotes, backslash).
 * *ret_argv and what it points to live in *ret_mem; free(*ret_mem) ends both. */
int mua_words(const char *mua, const char *folder, char **ret_mem, char ***ret_argv, struct err *e);
/* The words of another command line; `option` is for messages.  As above. */
int command_words(const char *option, const char *text, char **ret_mem, char ***ret_argv,
                  struct err *e);
/* Let the client turn into the mail reader; we go on writing, and keep quiet on its terminal. */
int mua_start(struct cmd *c, const char *mua, const char *folder, struct err *e);

#endif
