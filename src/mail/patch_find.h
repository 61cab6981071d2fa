/* The patch in a text that makes a certain blob. */
#ifndef MAIL_PATCH_FIND_H
#define MAIL_PATCH_FIND_H

#include "../base/buf.h"

struct found_patch {
	char pre[65], post[65]; /* blob ids as they stand there */
	char mode[8]; /* of the file before, "" when that is not said */
	struct buf path_a, path_b; /* NUL-terminated; path_a empty: there was no file */
	struct buf text; /* what git apply takes */
};

/* The first whose ids begin with `pre` (NULL: any) and `post`: 1, 0 without one, -ENOMEM.  Those that
 * lead out of the tree do not count. */
int patch_find(const char *text, size_t len, const char *pre, const char *post,
               struct found_patch *ret);
void found_patch_free(struct found_patch *p);

/* From "diff --git" or "index" to "+++", of a file whose content changes. */
struct patch_head {
	size_t start, end; /* in the text */
	char a[65], b[65]; /* blob ids as they stand there */
	char mode_a[8], mode_b[8]; /* never empty */
	struct buf path_a, path_b; /* NUL-terminated; empty: there is no file */
};

/* The next from `at` on: 1, 0 without one, -ENOMEM. */
int patch_head_next(const char *text, size_t len, size_t at, struct patch_head *ret);
void patch_head_free(struct patch_head *h);

/* A name as git writes it in a patch, "a/x" or in quotes: without the first directory, appended to
 * `out`.  False for /dev/null and what is none. */
bool patch_name(const char *name, size_t len, struct buf *out);

#endif
