/* See pieces.h. */
#include "pieces.h"

#include <errno.h>
#include <string.h>

int pieces_next(const char *batch, size_t len, size_t *at, const uint32_t lens[], size_t n,
                struct piece ret[])
{
	size_t i = *at;

	for (size_t k = 0; k < n; k++) {
		if (i > len || len - i <= lens[k] || batch[i + lens[k]] != '\0')
			return -EBADMSG;
		ret[k] = (struct piece){ batch + i, lens[k] };
		i += (size_t)lens[k] + 1;
	}
	*at = i;
	return 0;
}

size_t list_len(const char *list)
{
	const char *p = list;

	while (*p)
		p += strlen(p) + 1;
	return (size_t)(p - list);
}

bool piece_is_list(struct piece p)
{
	return p.n == 0 || p.p[p.n - 1] == '\0';
}

bool piece_is_text(struct piece p)
{
	return strlen(p.p) == p.n;
}

bool is_hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= '0' && s[i] <= '9') && !(s[i] >= 'a' && s[i] <= 'f'))
			return false;
	return true;
}
