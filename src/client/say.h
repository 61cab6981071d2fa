/* What lei says to its user, without stdio and locales. */
#ifndef CLIENT_SAY_H
#define CLIENT_SAY_H

#include <stddef.h>

enum { EXIT_TROUBLE = 1 };

/* "lei: WHAT NAME: REASON"; name may be "", errnum 0. */
void say(const char *what, const char *name, int errnum);
/* The same, and the end of lei. */
_Noreturn void die(const char *what, const char *name, int errnum);
/* To standard error as it is; say_line adds the end of a line that has none. */
void say_bytes(const char *data, size_t len);
void say_line(const char *data, size_t len);

#endif
