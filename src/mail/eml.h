/* Where a message's header ends and what its fields are, by the rules that decide the bytes of
 * a stored blob.  They are those of the original, not of RFC 5322: see eml.c. */
#ifndef MAIL_EML_H
#define MAIL_EML_H

#include <stdbool.h>
#include <stddef.h>

struct eml { /* slices of the message */
	const char *hdr;
	size_t hdr_len; /* every line complete; 0 when there is no header */
	const char *eol; /* "\n" or "\r\n": the blank line, and what the message uses */
	const char *body;
	size_t body_len;
	bool has_body; /* false: a header alone, without a blank line */
};
void eml_split(const char *data, size_t len, struct eml *ret);

struct eml_field { /* a field with its continuation lines, or a line that is none */
	const char *start;
	size_t len; /* with the last line's end */
	size_t name_len; /* bytes before the colon; 0 when there is no colon */
	const char *value; /* what follows the colon, line ends included */
	size_t value_len;
};
/* Next field of hdr[*pos..len): advances *pos; false at the end. */
bool eml_next_field(const char *hdr, size_t len, size_t *pos, struct eml_field *ret);
bool eml_field_is(const struct eml_field *f, const char *name); /* ASCII case ignored */

#endif
