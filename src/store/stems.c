#include "stems.h"

#include "met.h"

#include <stdlib.h>
#include <string.h>

struct stems {
	struct stemmer *stemmer;
	struct met *met;
};

struct stems *stems_new(void)
{
	struct stems *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->stemmer = stemmer_new();
	s->met = met_new();
	if (s->stemmer && s->met)
		return s;
	stems_free(s);
	return NULL;
}

void stems_free(struct stems *s)
{
	if (!s)
		return;
	stemmer_free(s->stemmer);
	met_free(s->met);
	free(s);
}

static bool may_have_stem(const char *word, size_t n)
{
	enum { STEM_MIN = 3 }; /* shorter words are their own stems, as numbers are */
	unsigned char c = (unsigned char)*word;

	return n >= STEM_MIN && ((c >= 'a' && c <= 'z') || c >= 0x80);
}

static bool is_its_own(struct stem s, const char *word, size_t n)
{
	return s.n == n && memcmp(s.p, word, n) == 0;
}

struct stem stems_of(struct stemmer *s, const char *word, size_t n)
{
	const struct stem none = { 0 };
	struct stem ret = may_have_stem(word, n) ? stemmer_stem(s, word, n) : none;

	return ret.p && is_its_own(ret, word, n) ? none : ret;
}

static void add_stem(struct stemmer *stemmer, const char *word, size_t n, struct buf *out)
{
	struct stem s = stemmer_stem(stemmer, word, n);

	if (!s.p)
		out->failed = true;
	if (!s.p || is_its_own(s, word, n))
		return;
	buf_add(out, s.p, s.n);
	buf_addc(out, ' ');
	buf_add(out, word, n);
	buf_addc(out, ' ');
}

void stems_add(struct stems *s, const char *words, size_t n, struct buf *out)
{
	for (const char *p = words, *end = words + n; p < end; p++) {
		const char *word = p;
		uint32_t hash = 0;
		for (; p < end && *p != ' '; p++)
			hash = met_hash(hash, *p);
		size_t len = (size_t)(p - word);
		if (may_have_stem(word, len) && !met_before(s->met, word, len, hash))
			add_stem(s->stemmer, word, len, out);
	}
}
