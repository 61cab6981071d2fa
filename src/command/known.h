/* The folders that mail_sync knows, and those among them that a command line names. */
#ifndef COMMAND_KNOWN_H
#define COMMAND_KNOWN_H

#include "cmd.h"

struct known {
	char **urls; /* in order; owned, as each of them */
	size_t n, cap;
};

/* -ENOENT, without folders, when there is no store. */
int known_load(const char *store_dir, struct known *ret, struct err *e);
void known_free(struct known *k);
bool known_has(const struct known *k, const char *url);

/* Keep those that the arguments (or --all) name.  -ENOENT with all that are not known. */
int known_choose(const struct cmd *c, struct known *k, struct err *e);

#endif
