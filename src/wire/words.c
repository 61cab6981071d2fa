#include "words.h"

#include <stdlib.h>
#include <string.h>

size_t wire_dec_put(char *to, uint64_t v)
{
	char rev[WORDS_DEC_MAX];
	size_t n = 0;
	do {
		rev[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	for (size_t i = 0; i < n; i++)
		to[i] = rev[n - 1 - i];
	return n;
}

bool wire_dec_get(const char *data, size_t len, uint64_t *ret)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len; i++) {
		if (data[i] < '0' || data[i] > '9')
			return false;
		unsigned digit = (unsigned)(data[i] - '0');
		v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
	}
	if (!len)
		return false;
	*ret = v;
	return true;
}

/* Both entries hold a '='; negative, 0 or positive as their keys compare. */
static int compare_keys(const char *a, const char *b)
{
	while (*a == *b && *a != '=') {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (*a == '=' || *b == '=')
		return *a == '=' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_key_then_place(const void *pa, const void *pb)
{
	const char *a = *(char *const *)pa, *b = *(char *const *)pb;
	int c = compare_keys(a, b);
	return c ? c : (a > b) - (a < b);
}

/* The last of equal keys wins.  Sorted, because a peer may send 300,000 of them. */
static bool drop_duplicates(struct wire_request *r)
{
	if (r->envc < 2)
		return true;
	char **sorted = malloc(r->envc * sizeof(*sorted));
	if (!sorted)
		return false;
	memcpy(sorted, r->envp, r->envc * sizeof(*sorted));
	qsort(sorted, r->envc, sizeof(*sorted), by_key_then_place);
	for (size_t i = 0; i + 1 < r->envc; i++)
		if (compare_keys(sorted[i], sorted[i + 1]) == 0)
			sorted[i][0] = '\0'; /* an entry is never empty otherwise */
	free(sorted);

	size_t kept = 0;
	for (size_t i = 0; i < r->envc; i++)
		if (r->envp[i][0])
			r->envp[kept++] = r->envp[i];
	r->envp[kept] = NULL;
	r->envc = kept;
	return true;
}

static size_t count_words(const char *data, size_t len)
{
	size_t n = 1;
	for (const char *p = data; (p = memchr(p, 0, len - (size_t)(p - data))); p++)
		n++;
	return n;
}

/* One block: the pointers of argv and envp, then the words.  `words` > 0 unless argc is 0. */
static bool build(const char *text, size_t len, size_t argc, size_t words, struct wire_request *r)
{
	size_t pointers = (words + 2) * sizeof(char *);
	char *mem = malloc(pointers + len + 1);
	if (!mem)
		return false;
	*r = (struct wire_request){ .mem = mem, .argc = argc, .argv = (char **)(void *)mem };
	r->envp = r->argv + argc + 1;
	char *word = mem + pointers;
	memcpy(word, text, len);
	word[len] = '\0';

	for (size_t i = 0; i < words; i++) {
		const char *equals;
		if (i < argc)
			r->argv[i] = word;
		else if ((equals = strchr(word, '=')) && equals > word)
			r->envp[r->envc++] = word;
		word += strlen(word) + 1;
	}
	r->argv[argc] = NULL;
	r->envp[r->envc] = NULL;
	return true;
}

enum wire_fault wire_words_parse(const char *data, size_t len, struct wire_request *ret)
{
	const char *nul = len ? memchr(data, 0, len) : NULL;
	size_t digits = nul ? (size_t)(nul - data) : len;
	uint64_t argc;
	if (!wire_dec_get(data, digits, &argc))
		return WIRE_BAD_ARGC;

	const char *text = nul ? nul + 1 : data + len;
	size_t text_len = (size_t)(data + len - text);
	size_t words = nul ? count_words(text, text_len) : 0;
	if (argc > words)
		return WIRE_BAD_ARGC;
	if (len > SIZE_MAX / 2 / sizeof(char *))
		return WIRE_NO_MEMORY;

	struct wire_request r;
	if (!build(text, text_len, (size_t)argc, words, &r))
		return WIRE_NO_MEMORY;
	if (!drop_duplicates(&r)) {
		wire_request_free(&r);
		return WIRE_NO_MEMORY;
	}
	*ret = r;
	return WIRE_OK;
}
