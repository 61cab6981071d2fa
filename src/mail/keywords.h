/* Keywords: what JMAP calls them, and how mbox and Maildir write them.  A set is a bit mask. */
#ifndef MAIL_KEYWORDS_H
#define MAIL_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t kw_set;
#define KW_SEEN (1u << 0)
#define KW_ANSWERED (1u << 1)
#define KW_FLAGGED (1u << 2)
#define KW_DRAFT (1u << 3)
#define KW_FORWARDED (1u << 4)
#define KW_PHISHING (1u << 5)
#define KW_JUNK (1u << 6)
#define KW_NOTJUNK (1u << 7)
#define KW_MAILDIR (KW_SEEN | KW_ANSWERED | KW_FLAGGED | KW_DRAFT | KW_FORWARDED) /* have a flag */
enum { KW_COUNT = 8 };

const char *kw_name(unsigned bit); /* bit < KW_COUNT; static */
/* The names of a set in alphabetical order, as people read them; how many. */
size_t kw_names(kw_set kw, const char *ret_names[KW_COUNT]);
kw_set kw_by_name(const char *name, size_t len); /* 0 for an unknown name */

kw_set kw_from_status(const char *value, size_t len); /* of a Status or X-Status header */
kw_set kw_from_maildir(const char *basename); /* what follows ":2," */
/* Write Maildir flags in ASCII order and a NUL; at most 8 bytes. */
size_t kw_to_maildir(kw_set kw, char buf[8]);
/* The header lines that the original writes for kw, e.g. "Status: RO\nX-Status: F\n", each ended
 * by eol ("\n" or "\r\n").  A recent mail lacks the O (old), and with it perhaps the first line.
 * Returns the length, at most 32 bytes with the NUL. */
size_t kw_to_status(kw_set kw, bool recent, const char *eol, char buf[32]);

#endif
