/* Byte input: a descriptor, decompressed on the way when its first bytes say .gz, .bz2, .xz or
 * .zst.  A stream that ends before its trailer is an error, never a short file. */
#ifndef MAIL_INPUT_H
#define MAIL_INPUT_H

#include <stddef.h>
#include <sys/types.h>

struct err;
struct input;

/* `fd` stays the caller's; reads wait even when it is non-blocking.  `name` is for messages and is copied. */
int input_open(int fd, const char *name, struct input **ret, struct err *e);
/* At most `cap` bytes; 0 at the end; -errno with the reason. */
ssize_t input_read(struct input *in, char *buf, size_t cap, struct err *e);
/* Look at the next bytes without taking them: at least min(want, what is left), want <= 64 KiB. */
ssize_t input_peek(struct input *in, const char **ret, size_t want, struct err *e);
const char *input_name(const struct input *in);
void input_close(struct input *in); /* NULL is fine */

#endif
