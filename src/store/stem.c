#include "stem.h"

#include <libstemmer.h>

/* The library's own handle, under a name that says whose it is. */
struct stemmer *stemmer_new(void)
{
	return (struct stemmer *)sb_stemmer_new("english", "UTF_8");
}

void stemmer_free(struct stemmer *s)
{
	sb_stemmer_delete((struct sb_stemmer *)s);
}

struct stem stemmer_stem(struct stemmer *s, const char *word, size_t n)
{
	struct sb_stemmer *sb = (struct sb_stemmer *)s;
	const sb_symbol *p = sb_stemmer_stem(sb, (const sb_symbol *)word, (int)n);

	return (struct stem){ (const char *)p, p ? (size_t)sb_stemmer_length(sb) : 0 };
}
