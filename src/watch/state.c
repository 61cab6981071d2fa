#include "watch.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	struct watch_state state;
} states[] = {
	{ "pause", { WATCH_PAUSE, false } },     { "tag-ro", { WATCH_TAG, false } },
	{ "tag-rw", { WATCH_TAG, true } },       { "index-ro", { WATCH_INDEX, false } },
	{ "index-rw", { WATCH_INDEX, true } },   { "import-ro", { WATCH_IMPORT, false } },
	{ "import-rw", { WATCH_IMPORT, true } },
};
enum { STATES = sizeof(states) / sizeof(*states) };

int watch_state_parse(const char *text, struct watch_state *ret)
{
	for (size_t i = 0; i < STATES; i++)
		if (strcmp(states[i].name, text) == 0) {
			*ret = states[i].state;
			return 0;
		}
	return -EINVAL;
}

const char *watch_state_name(struct watch_state st)
{
	for (size_t i = 0; i < STATES; i++)
		if (states[i].state.take == st.take && states[i].state.write == st.write)
			return states[i].name;
	return "pause";
}
