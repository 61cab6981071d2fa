/* Address lists (RFC 5322 and the obsolete forms people still send).  Internal to message*. */
#ifndef MAIL_MESSAGE_ADDRESS_H
#define MAIL_MESSAGE_ADDRESS_H

#include "message_head.h"

/* One mailbox.  An empty phrase, comment or address means that there was none. */
struct address {
	struct buf phrase, comment, address;
};

struct address_list {
	struct slice left;
	struct address now; /* valid until the next call */
	struct buf user, host;
	bool in_group; /* names of groups are dropped */
	bool started;
};

/* Zero-initialise but for `left`.  False at the end; then address_list_done. */
bool address_next(struct address_list *l);
void address_list_done(struct address_list *l);

#endif
