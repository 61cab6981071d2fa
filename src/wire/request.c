#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *wire_fault_text(enum wire_fault f)
{
	switch (f) {
	case WIRE_OK:
		return "no fault";
	case WIRE_EMPTY:
		return "the request is empty";
	case WIRE_UNTERMINATED:
		return "the request is cut off: it does not end in two NUL bytes";
	case WIRE_BAD_ARGC:
		return "the request's argument count is no number or exceeds its arguments";
	case WIRE_NO_MEMORY:
		return "out of memory while reading the request";
	}
	return "unknown fault";
}

enum wire_fault wire_request_parse(const char *data, size_t len, struct wire_request *ret)
{
	if (!len)
		return WIRE_EMPTY;
	if (len < 2 || data[len - 1] || data[len - 2])
		return WIRE_UNTERMINATED;
	return wire_words_parse(data, len - 2, ret);
}

void wire_request_free(struct wire_request *r)
{
	if (!r)
		return;
	free(r->mem);
	*r = (struct wire_request){ 0 };
}

const char *wire_request_getenv(const struct wire_request *r, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < r->envc; i++)
		if (!strncmp(r->envp[i], name, n) && r->envp[i][n] == '=')
			return r->envp[i] + n + 1;
	return NULL;
}

/* ---- what a daemon, and the git, curl or helper it starts, looks at ---- */

static const char *const env_names[] = {
	/* who and where */
	"HOME",
	"PATH",
	"SHELL",
	"TMPDIR",
	"USER",
	"LOGNAME",
	"EMAIL",
	"MAIL",
	"MAILDIR",
	"NETRC",
	"GNUPGHOME",
	/* how to show things */
	"TERM",
	"COLORTERM",
	"NO_COLOR",
	"COLUMNS",
	"LINES",
	"TZ",
	"LANG",
	"LANGUAGE",
	"EDITOR",
	"VISUAL",
	"PAGER",
	"LESS",
	"LV",
	/* how programs start and ask for passwords */
	"LD_LIBRARY_PATH",
	"LD_PRELOAD",
	"DISPLAY",
	"WAYLAND_DISPLAY",
	"DBUS_SESSION_BUS_ADDRESS",
};
static const char *const env_prefixes[] = {
	"LEI_", "XDG_", "GIT_", "LC_", "PI_", "PERL", "SSH_", "SSL_", "CURL_", "TORSOCKS_",
};
static const char *const env_suffixes[] = { "_proxy", "_PROXY" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool wire_env_matters(const char *entry)
{
	size_t key = strcspn(entry, "=");
	for (size_t i = 0; i < COUNT(env_names); i++)
		if (strlen(env_names[i]) == key && !memcmp(entry, env_names[i], key))
			return true;
	for (size_t i = 0; i < COUNT(env_prefixes); i++)
		if (!strncmp(entry, env_prefixes[i], strlen(env_prefixes[i])))
			return true;
	for (size_t i = 0; i < COUNT(env_suffixes); i++) {
		size_t n = strlen(env_suffixes[i]);
		if (key > n && !memcmp(entry + key - n, env_suffixes[i], n))
			return true;
	}
	return false;
}

/* ---- packing ---- */

struct packing {
	char *buf;
	size_t cap, len;
	bool full; /* sticky: something did not fit */
};

static void put(struct packing *p, const char *bytes, size_t n)
{
	if (p->full || n > p->cap - p->len) {
		p->full = true;
		return;
	}
	/* cppcheck-suppress uninitvar ; it takes "" for no memory */
	memcpy(p->buf + p->len, bytes, n);
	p->len += n;
}

static void put_word(struct packing *p, const char *word)
{
	put(p, "", 1);
	put(p, word, strlen(word));
}

static void put_env(struct packing *p, char *const *envp, bool all)
{
	for (; envp && *envp; envp++) {
		const char *equals = strchr(*envp, '=');
		/* The original loses its place at an entry without '='. */
		if (equals && equals > *envp && (all || wire_env_matters(*envp)))
			put_word(p, *envp);
	}
	put(p, "\0", 2);
}

int wire_request_pack(char *buf, size_t cap, size_t argc, char *const *argv, char *const *envp,
                      size_t *ret_len)
{
	char count[WORDS_DEC_MAX];
	struct packing args = { .buf = buf, .cap = cap };
	put(&args, count, wire_dec_put(count, argc));
	for (size_t i = 0; i < argc; i++)
		put_word(&args, argv[i]);

	struct packing whole = args;
	put_env(&whole, envp, true);
	if (whole.full) {
		whole = args;
		put_env(&whole, envp, false);
	}
	if (whole.full)
		return -E2BIG;
	*ret_len = whole.len;
	return 0;
}
