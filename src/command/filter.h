/* FILTER arguments: which locations a person means.
 *
 * A filter fits anywhere in a location.  `*' and `?' stay within one piece of a path, [a-z] is one
 * of these, {a,b} either, and a backslash takes the next letter as it is. */
#ifndef COMMAND_FILTER_H
#define COMMAND_FILTER_H

#include <regex.h>
#include <stdbool.h>

struct err;

struct filter {
	regex_t re;
};

/* `plain`: no letter is special.  -EINVAL for a pattern with an open bracket and its like. */
int filter_compile(const char *text, bool plain, struct filter *ret, struct err *e);
bool filter_fits(const struct filter *f, const char *location);
void filter_free(struct filter *f);

#endif
