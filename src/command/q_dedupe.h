/* --dedupe: which results of `lei q` are the same as an earlier one, or as mail at the destination. */
#ifndef COMMAND_Q_DEDUPE_H
#define COMMAND_Q_DEDUPE_H

#include "dest.h"

#include "../store/search.h"

enum dedupe {
	DEDUPE_CONTENT, /* the identity of message.h */
	DEDUPE_OID, /* the bytes */
	DEDUPE_MID, /* a Message-ID; content where there is none */
	DEDUPE_NONE,
};

struct q_dedupe { /* zeroed before use */
	enum dedupe by;
	struct _GHashTable *seen; /* NULL: there is nothing that a result could be the same as */
};

/* Content and bytes are in the store only once: without `old`, mail that is there already, only
 * Message-IDs need looking at. */
void q_dedupe_open(struct q_dedupe *d, const struct cmd *c, bool old);
/* Take note of the mail at the destination, if that is any use. */
int q_dedupe_read(struct q_dedupe *d, const struct dest *dest, struct err *e);
/* Is it the same as something before?  If not, later ones may be the same as it. */
bool q_dedupe_hit(struct q_dedupe *d, const struct hit *h);
void q_dedupe_close(struct q_dedupe *d);

#endif
