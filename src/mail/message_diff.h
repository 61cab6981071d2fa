/* Patches in mail: which line of them goes to which column.  Internal to message*. */
#ifndef MAIL_MESSAGE_DIFF_H
#define MAIL_MESSAGE_DIFF_H

#include "message.h"
#include "message_head.h"

#include <stdbool.h>

/* Does any line look like the beginning of a patch? */
bool diff_in(struct slice text);
/* Index text that diff_in: what belongs to no patch goes to TEXT_BODY. */
void diff_index(struct message *m, struct slice text);

/* What `git patch-id --stable` says of the first patch in the text, 40 hex digits; false when
 * there is none. */
bool patch_id(struct slice text, char ret[41]);

#endif
