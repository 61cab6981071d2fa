/* The column `base` of a file: the keywords that file and message agreed on last, and above them those
 * that the file alone is to have. */
#ifndef STORE_FILE_BASE_H
#define STORE_FILE_BASE_H

#include "../mail/keywords.h"

enum { OWN_SHIFT = 8 };

static inline int64_t base_pack(kw_set base, kw_set own)
{
	return (int64_t)base | (int64_t)own << OWN_SHIFT;
}

static inline kw_set base_of(int64_t stored)
{
	return (kw_set)stored & ((1u << OWN_SHIFT) - 1);
}

static inline kw_set base_own(int64_t stored)
{
	return (kw_set)(stored >> OWN_SHIFT);
}

/* A file f that its message m does not agree with. */
#define BASE_DIFFERS "(f.base & 255) <> ((m.kw | (f.base >> 8)) & 31)"
/* One with keywords that no Maildir has. */
#define BASE_ODD "f.base & ~(31 | (31 << 8))"
_Static_assert(KW_MAILDIR == 31 && OWN_SHIFT == 8 && (int)KW_COUNT <= (int)OWN_SHIFT,
               "it spells them out");

#endif
