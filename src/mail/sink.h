/* Buffered output to a descriptor, compressed on the way if asked.  The first error sticks: every
 * later call returns it, so that a close cannot hide a failed write. */
#ifndef MAIL_SINK_H
#define MAIL_SINK_H

#include "compress.h"

struct err;
struct sink;

struct sink_opts {
	enum compression compression;
	bool rsyncable; /* see compress_new */
};

/* `fd` stays the caller's; `name` is for messages and is copied; opts may be NULL. */
int sink_open(int fd, const char *name, const struct sink_opts *opts, struct sink **ret,
              struct err *e);
int sink_add(struct sink *s, const void *data, size_t len, struct err *e);
int sink_finish(struct sink *s, struct err *e); /* everything is written */
void sink_free(struct sink *s); /* what was not finished is dropped; NULL is fine */

#endif
