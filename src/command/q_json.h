/* A hit as a JSON object with the original's names, shapes and order of fields. */
#ifndef COMMAND_Q_JSON_H
#define COMMAND_Q_JSON_H

#include "../base/buf.h"
#include "../store/search.h"

/* Append the object, on one line or `pretty`, without anything around it. */
void json_hit(struct buf *out, const struct hit *h, bool pretty);
/* A string; bytes that are not UTF-8 become U+FFFD.  NULL: out of memory. */
struct json_t *json_lenient(const char *s);
/* Append a string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_text(struct buf *out, const char *s);

#endif
