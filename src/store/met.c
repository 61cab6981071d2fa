/* Each word has one slot, which keeps the latest of those that share it. */
#include "met.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 16, SLOT_BYTES = 32 };

struct met {
	char slots[SLOTS][SLOT_BYTES]; /* length, word */
};

struct met *met_new(void)
{
	return calloc(1, sizeof(struct met));
}

void met_free(struct met *m)
{
	free(m);
}

void met_reset(struct met *m)
{
	memset(m, 0, sizeof(*m));
}

bool met_before(struct met *m, const char *word, size_t n, uint32_t hash)
{
	char *slot = m->slots[(hash ^ hash >> 15) % SLOTS];

	if (n >= SLOT_BYTES)
		return false;
	if ((size_t)slot[0] == n && memcmp(slot + 1, word, n) == 0)
		return true;
	slot[0] = (char)n;
	memcpy(slot + 1, word, n);
	return false;
}
