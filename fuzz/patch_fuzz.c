/* Arbitrary bytes as a patch: the phrases of a query are taken out of it. */
#include "mail/patch_words.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A phrase that is quoted ends its quotes, and none is empty: the query would not parse. */
static void check(const struct phrases *p)
{
	for (size_t at = 0; at < p->list.len; at += strlen(p->list.data + at) + 1) {
		const char *phrase = p->list.data + at, *quote = strchr(phrase, '"');
		assert(*phrase);
		assert(!quote ||
		       (quote == phrase && strchr(phrase + 1, '"') == phrase + strlen(phrase) - 1));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct phrases found[PATCH_WORDS] = { 0 };
	patch_words_add(found, (const char *)data, size);
	for (int i = 0; i < PATCH_WORDS; i++) {
		assert(buf_ok(&found[i].list));
		check(&found[i]);
		phrases_free(&found[i]);
	}
	return 0;
}
