/* See watch_choice.h. */
#include "watch_choice.h"

#include "filter.h"
#include "folder.h"

#include "../base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int watch_choice_init(struct watch_choice *wc, const struct watches *w, struct err *e)
{
	*wc = (struct watch_choice){ .w = w, .chosen = calloc(w->n + 1, sizeof(bool)) };
	return wc->chosen != NULL ? 0 : err_set(e, -ENOMEM, "out of memory");
}

void watch_choice_free(struct watch_choice *wc)
{
	free(wc->chosen);
}

static void choose(struct watch_choice *wc, size_t i)
{
	wc->n += wc->chosen[i] ? 0 : 1;
	wc->chosen[i] = true;
}

/* "3": the third.  1 when it is a number that counts. */
static int by_number(struct watch_choice *wc, const char *arg, struct err *e)
{
	if (*arg == '\0' || arg[strspn(arg, "0123456789")] != '\0')
		return 0;
	unsigned long number = strtoul(arg, NULL, 10);
	if (number < 1 || number > wc->w->n)
		return err_set(e, -ENOENT,
		               "there is no watch number %s; `lei ls-watch -l' shows them", arg);
	choose(wc, number - 1);
	return 1;
}

/* As the config has it, or wherever a path leads. */
static bool by_location(struct watch_choice *wc, const char *arg)
{
	struct buf url = { 0 };
	struct err ignored = { .text = "" };
	bool found = false;
	const char *name = folder_url(arg, &url, &ignored) == 0 ? url.data : arg;
	for (size_t i = 0; i < wc->w->n; i++) {
		if (strcmp(wc->w->v[i].url, name) == 0 || strcmp(wc->w->v[i].section, arg) == 0) {
			choose(wc, i);
			found = true;
		}
	}
	buf_free(&url);
	return found;
}

static int by_filter(struct watch_choice *wc, const char *arg, struct err *e)
{
	struct filter f;
	int found = 0;
	int rc = filter_compile(arg, false, &f, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < wc->w->n; i++) {
		if (filter_fits(&f, wc->w->v[i].section)) {
			choose(wc, i);
			found = 1;
		}
	}
	filter_free(&f);
	return found;
}

int watch_choice_add(struct watch_choice *wc, const char *arg, unsigned flags, struct err *e)
{
	int rc = by_number(wc, arg, e);
	if (rc == 0)
		rc = by_location(wc, arg);
	if (rc == 0 && (flags & CHOICE_EXACT) == 0)
		rc = by_filter(wc, arg, e);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return err_set(e, -ENOENT, "%s: not watched; `lei ls-watch -l' shows what is", arg);
}

void watch_choice_add_where(struct watch_choice *wc, bool (*fits)(const struct watch_entry *))
{
	for (size_t i = 0; i < wc->w->n; i++) {
		if (fits(&wc->w->v[i]))
			choose(wc, i);
	}
}
