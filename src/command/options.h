/* Reading a command line against the table: what Getopt::Long's gnu mode understands, which is
 * what users of the original know. */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include "../wire/wire.h"
#include "table.h"

#include <stdint.h>

struct err;

struct option_value {
	enum option_id id;
	bool on; /* false for --no-NAME */
	const char *text; /* points into the request; NULL for flags */
	int64_t number; /* OPTION_NUMBER */
};

/* One command line, parsed.  Everything points into the request. */
struct invocation {
	const struct command_def *def; /* NULL: only global options were given */
	bool help, version;
	struct option_value *values; /* in order of appearance; owned */
	size_t nvalues, cap;
	const char **args; /* owned array */
	size_t nargs;
};

/* 0, or -EINVAL with what is wrong ("q: unknown option --foo"), -ENOSYS for a command of the
 * original that we lack, or -ENOMEM.  ret is filled in any case and freed with invocation_free. */
int invocation_parse(const struct wire_request *req, struct invocation *ret, struct err *e);
void invocation_free(struct invocation *inv);

/* The last value given, or NULL. */
const struct option_value *option_last(const struct invocation *inv, enum option_id id);
const char *option_text(const struct invocation *inv, enum option_id id);
bool option_on(const struct invocation *inv, enum option_id id, bool otherwise);
/* How often a flag was given. */
unsigned option_count(const struct invocation *inv, enum option_id id);
int64_t option_number(const struct invocation *inv, enum option_id id, int64_t otherwise);

#endif
