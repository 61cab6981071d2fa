/* Arbitrary bytes as a message: taken apart, and shown. */
#include "mail/message.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct message m;
	struct buf text = { 0 };
	if (!ready)
		message_setup();
	ready = true;
	assert(message_parse((const char *)data, size, &m, NULL) == 0);
	assert(strlen(m.oid) == 40 && m.size >= size && m.size <= 2 * size);
	assert(!strchr(m.subject, '\n') && !strchr(m.to, '\n'));
	message_addresses(m.from, ignore, NULL);
	message_addresses(m.to, ignore, NULL);
	message_addresses(m.cc, ignore, NULL);
	assert(message_render((const char *)data, size, NULL, &text) == 0);
	buf_free(&text);
	message_done(&m);
	return 0;
}
