/* One message in the dress of an mbox format. */
#ifndef MAIL_MBOX_WRITER_H
#define MAIL_MBOX_WRITER_H

#include "format.h"

#include <stdbool.h>

struct err;
struct out_mail;
struct sink;

/* `recent`: it joins older mail, so it lacks the O (old) in Status. */
int mbox_write(struct sink *s, enum mail_format f, const struct out_mail *m, bool recent,
               struct err *e);

#endif
