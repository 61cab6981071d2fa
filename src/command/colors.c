/* See colors.h. */
#include "colors.h"

#include "config.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Who says more about the matter counts; of equals the last. */
enum rank { RANK_NONE, RANK_GIT_OLD, RANK_GIT, RANK_LEI };

struct setting {
	const char *key; /* "color.diff.new", for a message; points into what git has listed */
	const char *value;
	enum rank rank;
};

static void take(struct setting *s, const char *prefix, enum rank rank, const char *key, size_t len,
                 const char *value)
{
	size_t n = strlen(prefix);
	if (len <= n || strncasecmp(key, prefix, n) != 0)
		return;
	for (enum color_slot i = 0; i < COLOR_SLOTS; i++) {
		const char *name = color_slot_name(i);
		if (strlen(name) == len - n && strncasecmp(key + n, name, len - n) == 0 &&
		    rank >= s[i].rank)
			s[i] = (struct setting){ key, value, rank };
	}
}

/* What `git config -z --list` says: "KEY\nVALUE\0", or "KEY\0". */
static void take_list(struct setting *s, const struct buf *list, bool lei)
{
	for (size_t at = 0; at < list->len; at += strlen(list->data + at) + 1) {
		const char *key = list->data + at;
		size_t len = strcspn(key, "\n");
		const char *value = key[len] == '\n' ? key + len + 1 : "";
		if (lei) {
			take(s, "color.", RANK_LEI, key, len, value);
			continue;
		}
		take(s, "diff.color.", RANK_GIT_OLD, key, len, value);
		take(s, "color.diff.", RANK_GIT, key, len, value);
	}
}

static int list_git(struct buf *out, struct err *e)
{
	const char *argv[] = { "git", "config", "-z", "--includes", "--list", NULL };
	int rc = run_program(argv, out, e);
	if (rc > 0)
		buf_reset(out); /* no repository, no git: no settings */
	return rc < 0 ? rc : 0;
}

static int list_lei(const struct cmd *c, struct buf *out, struct err *e)
{
	struct buf path = { 0 };
	int rc = config_path(c, &path, e);
	if (rc == 0 && access(buf_cstr(&path), F_OK) == 0) {
		const char *argv[] = { "git", "config",  "-z",     "--includes",
			               "-f",  path.data, "--list", NULL };
		rc = run_program(argv, out, e);
		if (rc > 0)
			rc = err_set(e, -EINVAL, "%s: git config cannot read it", path.data);
	}
	buf_free(&path);
	return rc == -ENOENT ? 0 : rc;
}

static void take_overrides(const struct cmd *c, struct setting *s)
{
	for (size_t i = 0; i < c->inv.nvalues; i++) {
		const struct option_value *v = &c->inv.values[i];
		size_t len = v->id == OPT_CONFIG ? strcspn(v->text, "=") : 0;
		if (len > 0 && v->text[len] == '=')
			take(s, "color.", RANK_LEI, v->text, len, v->text + len + 1);
	}
}

static int set_all(const struct setting *s, struct palette *ret, struct err *e)
{
	for (enum color_slot i = 0; i < COLOR_SLOTS; i++) {
		if (s[i].rank != RANK_NONE && palette_set(ret, i, s[i].value) < 0)
			return err_set(e, -EINVAL, "%.*s: \"%s\" is no color",
			               (int)strcspn(s[i].key, "\n="), s[i].key, s[i].value);
	}
	return 0;
}

int colors_read(const struct cmd *c, struct palette *ret, struct err *e)
{
	struct setting s[COLOR_SLOTS] = { 0 };
	struct buf git = { 0 }, lei = { 0 };
	palette_init(ret);
	int rc = list_git(&git, e);
	if (rc == 0)
		rc = list_lei(c, &lei, e);
	if (rc == 0 && !(buf_ok(&git) && buf_ok(&lei)))
		rc = err_set(e, -ENOMEM, "out of memory");
	take_list(s, &git, false);
	take_list(s, &lei, true);
	take_overrides(c, s);
	if (rc == 0)
		rc = set_all(s, ret, e);
	buf_free(&git);
	buf_free(&lei);
	return rc;
}
