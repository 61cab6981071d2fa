/* Pasted text, word by word, as lcat takes it. */
#include "command/lcat_words.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum lcat_kind kind, const struct buf *out)
{
	assert(kind == LCAT_NOTHING || strlen(out->data) == out->len);
	if (kind == LCAT_BLOB)
		assert(out->len >= 7 && strspn(out->data, "0123456789abcdefABCDEF") == out->len);
	if (kind == LCAT_MID || kind == LCAT_TERM)
		assert(out->len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1); /* exactly: one byte more shows */
	struct buf out = { 0 };
	bool thread;
	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	enum lcat_kind kind = lcat_word(text, &out, &thread);
	assert(buf_ok(&out));
	check(kind, &out);
	buf_free(&out);
	free(text);
	return 0;
}
