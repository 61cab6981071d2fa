/* See solver.h.  As the original: look for the blob; else for mail with a patch that makes it, then
 * for the blob that this patch is for, and so on; then apply them from the last to the first. */
#include "solver.h"

#include "config.h"
#include "program.h"

#include "../base/grow.h"
#include "../mail/message.h"
#include "../mail/message_leaf.h"
#include "../mail/patch_find.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ID_MIN = 7, MAILS_MAX = 50, PATCHES_MAX = 9999 };

struct job {
	struct solver *s;
	struct found_patch *patches; /* in the order found: the last is to be applied first */
	size_t n, cap;
	const char *pre, *post; /* looked for in mail at the moment */
	struct buf raw;
	struct err *e;
};

/* ---- repositories ---- */

static bool is_git_dir(const char *dir)
{
	static const char *const has[] = { "objects", "refs", "HEAD" };
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++) {
		struct buf path = { 0 };
		buf_addf(&path, "%s/%s", dir, has[i]);
		int missing = access(buf_cstr(&path), F_OK);
		buf_free(&path);
		if (missing)
			return false;
	}
	return true;
}

static int add_git(struct solver *s, const char *dir, struct err *e)
{
	struct buf abs = { 0 };
	int rc = absolute_path(dir, &abs, e);
	if (rc == 0)
		buf_add(&s->gits, abs.data, abs.len + 1);
	buf_free(&abs);
	return rc;
}

/* The repository that we are in; that there is none is told only when it was asked for. */
static int add_here(struct solver *s, struct err *e)
{
	static const char *const argv[] = { "git", "rev-parse", "--git-dir", NULL };
	static const char *const env[] = { "GIT_DIR", NULL, NULL };
	struct buf out = { 0 };
	if (is_git_dir("."))
		return add_git(s, ".", e);
	bool quiet = option_last(&s->c->inv, OPT_CWD) == NULL;
	int rc = program_run(
	    &(struct program){ .argv = argv, .env = env, .out = &out, .quiet = quiet }, e);
	while (out.len > 0 && out.data[out.len - 1] == '\n')
		out.len--;
	if (rc == 0 && out.len > 0)
		rc = add_git(s, buf_cstr(&out), e);
	buf_free(&out);
	return rc < 0 ? rc : 0;
}

int solver_open(struct cmd *c, struct solver *ret, struct err *e)
{
	struct solver s = { .c = c };
	int rc = option_on(&c->inv, OPT_CWD, true) ? add_here(&s, e) : 0;
	for (size_t i = 0; i < c->inv.nvalues && rc == 0; i++) {
		if (c->inv.values[i].id == OPT_GIT_DIR)
			rc = add_git(&s, c->inv.values[i].text, e);
	}
	if (rc == 0 && s.gits.len == 0)
		rc = err_set(e, -ENOENT, "no git repository to look in: name one with --git-dir");
	if (rc == 0)
		rc = scratch_open(c, &s.scratch, e);
	if (rc == 0)
		rc = searched_open(c, &s.mail, e);
	s.has_mail = rc == 0;
	if (rc < 0)
		solver_close(&s);
	else
		*ret = s;
	return rc;
}

void solver_close(struct solver *s)
{
	if (s->has_mail)
		searched_close(&s->mail);
	scratch_close(&s->scratch);
	buf_free(&s->gits);
	buf_free(&s->texts);
	*s = (struct solver){ 0 };
}

/* What one repository knows of a name: 1 or 0. */
static int ask_git(const char *git, const char *name, bool quiet, struct solved *ret, struct err *e)
{
	struct buf opt = { 0 }, in = { 0 }, out = { 0 };
	buf_addf(&opt, "--git-dir=%s", git);
	const char *argv[] = { "git", buf_cstr(&opt), "cat-file", "--batch-check", NULL };
	buf_adds(&in, name);
	buf_addc(&in, '\n');
	int rc = program_run(
	    &(struct program){ .argv = argv, .in = &in, .out = &out, .quiet = quiet }, e);
	struct solved s = { .oid = "" };
	int size = 0;
	bool found = rc == 0 &&
	             sscanf(buf_cstr(&out), "%64[0-9a-f] %15s %n", s.oid, s.type, &size) == 2 &&
	             size > 0 && isdigit((unsigned char)out.data[size]) && strlen(s.oid) >= 40;
	if (found)
		s.size = strtoull(out.data + size, NULL, 10);
	buf_free(&opt);
	buf_free(&in);
	buf_free(&out);
	if (rc == 127)
		return err_set(e, -ENOENT, "git cannot be run");
	if (!found)
		return rc < 0 ? rc : 0;
	buf_adds(&s.git, git);
	buf_cstr(&s.git);
	*ret = s;
	return 1;
}

static int ask_gits(struct solver *s, const char *name, bool blob, struct solved *ret,
                    struct err *e)
{
	if (strchr(name, '\n') != NULL)
		return 0;
	for (size_t at = 0; at < s->gits.len; at += strlen(s->gits.data + at) + 1) {
		struct solved found;
		int rc = ask_git(s->gits.data + at, name, s->asked, &found, e);
		if (rc > 0 && (!blob || strcmp(found.type, "blob") == 0)) {
			*ret = found;
			return 1;
		}
		if (rc > 0)
			buf_free(&found.git);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int write_alternates(struct solver *s, const char *git, struct err *e)
{
	struct buf text = { 0 }, name = { 0 };
	for (size_t at = 0; at < s->gits.len; at += strlen(s->gits.data + at) + 1) {
		struct buf opt = { 0 };
		buf_addf(&opt, "--git-dir=%s", s->gits.data + at);
		const char *argv[] = { "git",        buf_cstr(&opt), "rev-parse",
			               "--git-path", "objects",      NULL };
		size_t before = text.len;
		int rc = program_run(&(struct program){ .argv = argv, .out = &text, .quiet = true },
		                     e);
		if (rc != 0)
			text.len = before;
		buf_free(&opt);
	}
	buf_addf(&name, "%s/objects/info/alternates", git);
	int rc = scratch_put(&s->scratch, buf_cstr(&name), buf_cstr(&text), text.len, e);
	buf_free(&text);
	buf_free(&name);
	return rc;
}

int solver_make_git(struct solver *s, struct buf *ret, struct err *e)
{
	static const char config[] = "[core]\n\trepositoryFormatVersion = 0\n\tfilemode = true\n"
				     "\tbare = true\n\tlogAllRefUpdates = false\n";
	struct buf name = { 0 }, file = { 0 };
	buf_addf(&name, "%lu.git", s->count++);
	buf_cstr(&name);
	static const struct {
		const char *name, *text;
	} files[] = { { "HEAD", "ref: refs/heads/master\n" },
		      { "config", config },
		      { "refs/heads/.keep", "" } };
	int rc = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && rc == 0; i++) {
		buf_reset(&file);
		buf_addf(&file, "%s/%s", name.data, files[i].name);
		rc = scratch_put(&s->scratch, buf_cstr(&file), files[i].text, strlen(files[i].text),
		                 e);
	}
	if (rc == 0)
		rc = write_alternates(s, name.data, e);
	if (rc == 0) {
		buf_addf(ret, "%s/%s", s->scratch.path.data, name.data);
		buf_cstr(ret);
	}
	buf_free(&name);
	buf_free(&file);
	return rc;
}

/* ---- patches in mail ---- */

#define note(s, ...) ((s)->quiet ? (void)0 : cmd_note((s)->c, __VA_ARGS__))

static bool same_id(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	return strncmp(a, b, n < m ? n : m) == 0;
}

static int look_in_text(struct job *j, const char *text, size_t len)
{
	struct found_patch p;
	int rc = patch_find(text, len, j->pre, j->post, &p);
	if (rc <= 0)
		return rc < 0 ? err_set(j->e, rc, "out of memory") : 0;
	struct found_patch *patches = grow(j->patches, j->n, &j->cap, sizeof(*patches));
	if (patches == NULL) {
		found_patch_free(&p);
		return err_set(j->e, -ENOMEM, "out of memory");
	}
	j->patches = patches;
	j->patches[j->n++] = p;
	return 0;
}

static int look_in_part(void *rock, const struct leaf *l)
{
	struct job *j = rock;
	return l->is_text ? look_in_text(j, l->body, l->len) : 0;
}

static int look_in_mail(void *rock, const struct hit *h)
{
	struct job *j = rock;
	int rc = store_raw(h->store != NULL ? h->store : searched_own(&j->s->mail), h, &j->raw,
	                   j->e);
	if (rc == -ESTALE)
		return 0; /* other mail may have it */
	if (rc == 0 && (rc = message_leaves(j->raw.data, j->raw.len, look_in_part, j)) == -ENOMEM)
		err_put(j->e, "out of memory");
	return rc;
}

/* ` dfn:"a/b.c"`, where the query language can say that. */
static void add_path(struct buf *q, const char *path)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/. -";
	if (path == NULL || *path == '\0' || path[strspn(path, plain)] != '\0')
		return;
	while (*path != '\0') {
		const char *dots = strstr(path, "..");
		size_t n = dots != NULL ? (size_t)(dots - path) : strlen(path);
		if (n > 0)
			buf_addf(q, " dfn:\"%.*s\"", (int)n, path);
		path += n + (dots != NULL ? 2 : 0);
	}
}

static int search_mail(struct job *j, const struct hints *h)
{
	struct search_opts opts = { .sort = SORT_RELEVANCE, .limit = MAILS_MAX };
	struct buf text = { 0 };
	struct query *q = NULL;
	buf_addf(&text, "dfpost:%s", j->post);
	if (j->pre != NULL)
		buf_addf(&text, " dfpre:%s", j->pre);
	add_path(&text, h->path_b);
	if (h->path_a != NULL && h->path_b != NULL && strcmp(h->path_a, h->path_b) != 0)
		add_path(&text, h->path_a);
	int rc = query_compile(buf_cstr(&text), time(NULL), &q, j->e);
	if (rc == 0)
		rc = searched_find(&j->s->mail, q, &opts, true, look_in_mail, j, j->e);
	query_free(q);
	buf_free(&text);
	return rc;
}

/* Add the patches that make `id`, all of them ways to the same: how many, or -errno. */
static int find_patches(struct job *j, const char *id, const struct hints *h)
{
	size_t before = j->n;
	int rc = 0;
	j->post = id;
	j->pre = h->oid_a != NULL && *h->oid_a != '\0' &&
	                 h->oid_a[strspn(h->oid_a, "0123456789abcdef")] == '\0'
	             ? h->oid_a
	             : NULL;
	const struct buf *texts = &j->s->texts;
	for (size_t at = 0; at < texts->len && rc == 0; at += strlen(texts->data + at) + 1)
		rc = look_in_text(j, texts->data + at, strlen(texts->data + at));
	if (rc == 0 && j->n == before)
		rc = search_mail(j, h);
	return rc < 0 ? rc : (int)(j->n - before);
}

static bool is_zeros(const char *id)
{
	return id[strspn(id, "0")] == '\0';
}

/* Do the first n patches make it? */
static bool is_made(const struct job *j, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (same_id(j->patches[i].post, id))
			return true;
	return false;
}

/* From `want` back to a blob that there is: 1, and *base is that, empty for no file; 0 when it cannot be
 * found.  j->patches lead from there to `want`. */
static int find_way(struct job *j, const char *want, const struct hints *hints, struct solved *base)
{
	char id[65];
	struct hints h = *hints;
	struct buf path = { 0 };
	int rc = 0;
	snprintf(id, sizeof(id), "%s", want);
	while (rc == 0) {
		size_t had = j->n;
		if (j->n > 0) /* what is wanted itself is known not to be there */
			rc = ask_gits(j->s, id, true, base, j->e);
		if (rc != 0)
			break;
		int found = find_patches(j, id, &h);
		if (found < 0 || (found == 0 && strlen(id) <= ID_MIN) || j->n > PATCHES_MAX) {
			rc = found < 0 ? found : 0;
			break;
		}
		if (found == 0) {
			id[strlen(id) - 1] = '\0'; /* perhaps it is shorter there */
			continue;
		}
		const struct found_patch *p = &j->patches[had];
		note(j->s, "found %s in mail", id);
		if (is_zeros(p->pre)) {
			rc = 1;
			break;
		}
		if (is_made(j, had, p->pre)) {
			note(j->s, "%s and %s are made of each other", id, p->pre);
			break;
		}
		snprintf(id, sizeof(id), "%s", p->pre);
		buf_reset(&path);
		buf_add(&path, p->path_a.data, p->path_a.len);
		h = (struct hints){ .path_b = buf_cstr(&path) };
	}
	j->post = j->pre = NULL;
	buf_free(&path);
	return rc;
}

/* ---- applying ---- */

static int run_git(struct job *j, const char *git, const char *const *argv, const struct buf *in,
                   struct buf *out)
{
	struct buf index = { 0 };
	buf_addf(&index, "%s/index", git);
	const char *env[] = { "GIT_DIR", git, "GIT_INDEX_FILE", buf_cstr(&index), "GIT_WORK_TREE",
		              NULL,      NULL };
	int rc = program_run(&(struct program){ .argv = argv,
	                                        .dir = j->s->scratch.path.data,
	                                        .env = env,
	                                        .in = in,
	                                        .out = out,
	                                        .quiet = true },
	                     j->e);
	buf_free(&index);
	return rc;
}

static int put_base(struct job *j, const char *git, const struct solved *base,
                    const struct found_patch *first)
{
	static const char *const argv[] = { "git", "update-index", "-z", "--index-info", NULL };
	struct buf in = { 0 };
	if (base->oid[0] == '\0')
		return 0;
	buf_addf(&in, "%s %s\t%s", first->mode[0] != '\0' ? first->mode : "100644", base->oid,
	         first->path_a.len > 0 ? first->path_a.data : first->path_b.data);
	buf_addc(&in, '\0');
	int rc = run_git(j, git, argv, &in, NULL);
	buf_free(&in);
	return rc;
}

/* 1 when it could be applied. */
static int apply(struct job *j, const char *git, const struct found_patch *p)
{
	static const char *const argv[] = { "git",
		                            "apply",
		                            "--cached",
		                            "--ignore-whitespace",
		                            "--unidiff-zero",
		                            "--whitespace=nowarn",
		                            NULL };
	int rc = run_git(j, git, argv, &p->text, NULL);
	return rc < 0 ? rc : rc == 0;
}

/* The id of the only file in the index. */
static int read_index(struct job *j, const char *git, char ret[65])
{
	static const char *const argv[] = { "git", "ls-files", "-s", "-z", NULL };
	struct buf out = { 0 };
	char mode[8];
	ret[0] = '\0';
	int rc = run_git(j, git, argv, NULL, &out);
	if (rc == 0 && sscanf(buf_cstr(&out), "%7s %64[0-9a-f]", mode, ret) != 2)
		ret[0] = '\0';
	buf_free(&out);
	return rc < 0 ? rc : 0;
}

/* Patches that make the same blob are ways to it: the first that applies will do. */
static int apply_all(struct job *j, const char *git)
{
	for (size_t end = j->n; end > 0;) {
		size_t start = end;
		while (start > 0 && same_id(j->patches[start - 1].post, j->patches[end - 1].post))
			start--;
		int rc = 0;
		for (size_t i = start; i < end && rc == 0; i++)
			rc = apply(j, git, &j->patches[i]);
		if (rc <= 0) {
			if (rc == 0)
				note(j->s, "the patch that makes %s does not apply",
				     j->patches[start].post);
			return rc;
		}
		end = start;
	}
	return 1;
}

static int make_blob(struct job *j, const char *want, const struct solved *base, struct solved *ret)
{
	struct buf git = { 0 };
	char oid[65];
	int rc = solver_make_git(j->s, &git, j->e);
	size_t first = j->n - 1;
	while (rc == 0 && first > 0 &&
	       same_id(j->patches[first - 1].post, j->patches[j->n - 1].post))
		first--;
	if (rc == 0 && (rc = put_base(j, git.data, base, &j->patches[first])) > 0)
		rc = err_set(j->e, -EIO, "git update-index failed");
	if (rc == 0)
		rc = apply_all(j, git.data);
	if (rc > 0 && (rc = read_index(j, git.data, oid)) == 0)
		rc = same_id(oid, want) ? ask_git(git.data, oid, true, ret, j->e) : 0;
	if (rc > 0)
		buf_add(&j->s->gits, git.data, git.len + 1);
	buf_free(&git);
	return rc;
}

static bool is_id(const char *want)
{
	size_t n = strlen(want);
	return n >= ID_MIN && n <= 64 && want[strspn(want, "0123456789abcdef")] == '\0';
}

int solver_solve(struct solver *s, const char *want, const struct hints *h, struct solved *ret,
                 struct err *e)
{
	struct job j = { .s = s, .e = e };
	struct solved base = { .oid = "" };
	bool hinted = h->oid_a != NULL || h->path_a != NULL || h->path_b != NULL;
	if (is_zeros(want))
		return 0;
	int rc = ask_gits(s, want, hinted, ret, e);
	s->asked = true;
	if (rc > 0)
		note(s, "found %s in %s", want, ret->git.data);
	if (rc == 0 && is_id(want)) {
		rc = find_way(&j, want, h, &base);
		if (rc > 0)
			rc = make_blob(&j, want, &base, ret);
	}
	for (size_t i = 0; i < j.n; i++)
		found_patch_free(&j.patches[i]);
	free(j.patches);
	buf_free(&j.raw);
	buf_free(&base.git);
	return rc;
}
