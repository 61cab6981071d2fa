/* Arbitrary bytes as a message: taken apart, shown, in colors too, and answered. */
#include "mail/message.h"
#include "mail/palette.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *rock, const char *name, const char *addr)
{
	(void)rock;
	assert(!name || *name);
	assert(!addr || strchr(addr, '@'));
}

static void without_colors(struct buf *b)
{
	size_t to = 0;
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\033')
			i += strcspn(b->data + i, "m");
		else
			b->data[to++] = b->data[i];
	}
	b->len = to;
}

static void show(const char *data, size_t size, bool answer)
{
	struct palette palette;
	struct buf plain = { 0 }, colored = { 0 };
	palette_init(&palette);
	const struct view_opts opts = { .palette = &palette };
	int (*view)(const char *, size_t, const struct view_opts *,
	            struct buf *) = answer ? message_reply : message_render;
	assert(view(data, size, NULL, &plain) == 0 && view(data, size, &opts, &colored) == 0);
	assert(buf_cstr(&plain) && !memchr(plain.data, '\033', plain.len));
	assert(buf_cstr(&colored));
	without_colors(&colored);
	assert(colored.len == plain.len && memcmp(colored.data, plain.data, plain.len) == 0);
	buf_free(&plain);
	buf_free(&colored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct message m;
	if (!ready)
		message_setup();
	ready = true;
	assert(message_parse((const char *)data, size, &m, NULL) == 0);
	assert(strlen(m.oid) == 40 && m.size >= size && m.size <= 2 * size);
	assert(!strchr(m.subject, '\n') && !strchr(m.to, '\n'));
	message_addresses(m.from, ignore, NULL);
	message_addresses(m.to, ignore, NULL);
	message_addresses(m.cc, ignore, NULL);
	show((const char *)data, size, false);
	show((const char *)data, size, true);
	message_done(&m);
	return 0;
}
