/* Finding messages and folders by what a person knows of them. */
#ifndef STORE_LOOKUP_H
#define STORE_LOOKUP_H

#include "search.h"

struct message;

/* Non-zero stops and is returned. */
typedef int lookup_fn(void *rock, int64_t docid, const char *oid);

/* Those with this Message-ID (without angle brackets), in order of docid. */
int lookup_mid(struct store *s, const char *mid, lookup_fn *fn, void *rock, struct err *e);
/* The one whose blob id begins with these digits: 1, or -ENOENT, -EEXIST, -EINVAL with the reason. */
int lookup_blob(struct store *s, const char *hex, int64_t *ret_docid, char ret_oid[41],
                struct err *e);
/* The one with the same bytes, or else with the same content (message.h): 1 or 0. */
int lookup_message(struct store *s, const struct message *m, char ret_oid[41], struct err *e);

struct folder_stat {
	uint64_t files;
	uint64_t alone; /* whose bytes are nowhere but in a file */
};
/* 1, or 0 for a folder that mail_sync does not know. */
int lookup_folder(struct store *s, const char *url, struct folder_stat *ret, struct err *e);

#endif
