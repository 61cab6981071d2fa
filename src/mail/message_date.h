/* Dates as mail programs write them.  Internal to message*. */
#ifndef MAIL_MESSAGE_DATE_H
#define MAIL_MESSAGE_DATE_H

#include "message_head.h"

#include <stdint.h>

/* Seconds UTC; false for what is no date.  A date without zone is taken for UTC. */
bool date_parse(const char *text, int64_t *ret);
/* The first good Date line, the first good Received line. */
bool date_of_date(const struct head *h, int64_t *ret);
bool date_of_received(const struct head *h, int64_t *ret);

#endif
