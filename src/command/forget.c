/* See forget.h. */
#include "forget.h"

#include "edits.h"
#include "watches.h"
#include "watching.h"

#include <errno.h>
#include <stdlib.h>

static int forget(const struct cmd *c, const char *store_dir, const char *const *urls, size_t n,
                  struct err *e)
{
	struct store_counts counts;
	struct edit *edits = calloc(n, sizeof(*edits));
	if (edits == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		edits[i] = (struct edit){ .op = EDIT_FORGET, .folder = urls[i] };
	int rc = edits_send(c, store_dir, edits, n, &counts, e);
	free(edits);
	return rc < 0 ? rc : watching_changed(c, e);
}

/* Those that the watcher, which had not heard of it yet, has made known again. */
static size_t still_known(const struct watches *w, const char *const *urls, size_t n,
                          const char **ret)
{
	size_t left = 0;
	for (size_t i = 0; i < n; i++) {
		const struct watch_entry *we = watches_find(w, urls[i]);
		if (we != NULL && we->known && !we->configured && !we->covered)
			ret[left++] = urls[i];
	}
	return left;
}

int folders_forget(const struct cmd *c, const char *store_dir, const char *const *urls, size_t n,
                   struct err *e)
{
	struct watches w = { 0 };
	if (n == 0)
		return 0;
	const char **again = calloc(n, sizeof(*again));
	int rc = again == NULL ? err_set(e, -ENOMEM, "out of memory")
	                       : forget(c, store_dir, urls, n, e);
	if (rc == 0)
		rc = watches_load(c, store_dir, &w, e);
	size_t left = rc == 0 ? still_known(&w, urls, n, again) : 0;
	if (left > 0)
		rc = forget(c, store_dir, again, left, e);
	watches_free(&w);
	free(again);
	return rc;
}
