/* See known.h. */
#include "known.h"

#include "folder.h"

#include "../base/grow.h"
#include "../store/sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add(struct known *k, const char *url)
{
	char **urls = grow(k->urls, k->n, &k->cap, sizeof(*urls));
	if (urls == NULL)
		return -ENOMEM;
	k->urls = urls;
	k->urls[k->n] = strdup(url);
	if (k->urls[k->n] == NULL)
		return -ENOMEM;
	k->n++;
	return 0;
}

static int note(void *rock, const struct sync_folder *f)
{
	return add(rock, f->url);
}

int known_load(const char *store_dir, struct known *ret, struct err *e)
{
	struct known k = { 0 };
	struct store *s;
	int rc = store_open(store_dir, &s, e);
	if (rc < 0)
		return rc;
	rc = sync_folders(s, note, &k, e);
	if (rc == -ENOMEM)
		err_put(e, "out of memory");
	store_close(s);
	if (rc < 0)
		known_free(&k);
	else
		*ret = k;
	return rc;
}

void known_free(struct known *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->urls[i]);
	free(k->urls);
	*k = (struct known){ 0 };
}

bool known_has(const struct known *k, const char *url)
{
	for (size_t i = 0; i < k->n; i++) {
		if (strcmp(k->urls[i], url) == 0)
			return true;
	}
	return false;
}

/* --all, --all=local, --all=remote. */
static int choose_all(const char *which, const struct known *all, struct known *ret)
{
	bool local = strncmp(which, "remote", 6) != 0 || strchr(which, ',') != NULL;
	bool remote = strcmp(which, "local") != 0;
	int rc = 0;
	for (size_t i = 0; i < all->n && rc == 0; i++) {
		if (folder_is_remote(all->urls[i]) ? remote : local)
			rc = add(ret, all->urls[i]);
	}
	return rc;
}

static int choose_one(const char *arg, const struct known *all, struct known *ret,
                      struct buf *unknown)
{
	struct buf url = { 0 };
	struct err why = { .text = "" };
	const char *name = known_has(all, arg) || folder_url(arg, &url, &why) < 0 ? arg : url.data;
	int rc = 0;
	if (!known_has(all, name))
		buf_addf(unknown, "%s%s", unknown->len > 0 ? ", " : "", *why.text ? why.text : arg);
	else if (!known_has(ret, name))
		rc = add(ret, name);
	buf_free(&url);
	return rc;
}

static int choose_named(const struct cmd *c, const struct known *all, struct known *ret,
                        struct err *e)
{
	struct buf unknown = { 0 };
	int rc = 0;
	for (size_t i = 0; i < c->inv.nargs && rc == 0; i++)
		rc = choose_one(c->inv.args[i], all, ret, &unknown);
	if (rc == 0 && unknown.len > 0)
		rc = err_set(e, -ENOENT,
		             "no sync information for %s; `lei ls-mail-sync' shows the folders",
		             buf_cstr(&unknown));
	else if (rc < 0)
		err_put(e, "out of memory");
	buf_free(&unknown);
	return rc;
}

int known_choose(const struct cmd *c, struct known *k, struct err *e)
{
	const char *all = option_text(&c->inv, OPT_ALL_FOLDERS);
	struct known chosen = { 0 };
	if (all != NULL && c->inv.nargs > 0)
		return err_set(e, -EINVAL, "--all and %s do not mix", c->inv.args[0]);
	if (all == NULL && c->inv.nargs == 0)
		return err_set(e, -EINVAL, "name a folder, or use --all");
	int rc = all != NULL ? choose_all(all, k, &chosen) : choose_named(c, k, &chosen, e);
	if (rc < 0) {
		known_free(&chosen);
		return rc;
	}
	known_free(k);
	*k = chosen;
	return 0;
}
