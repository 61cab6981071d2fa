/* See rediff.h. */
#include "rediff.h"

#include "diff_options.h"
#include "program.h"

#include "../base/grow.h"
#include "../mail/patch_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rediff_file {
	struct patch_head head;
	size_t end; /* of its patch in the text */
	char a[65], b[65]; /* whole ids, empty for no file */
};

static void drop_files(struct rediff *r)
{
	for (size_t i = 0; i < r->n; i++)
		patch_head_free(&r->files[i].head);
	r->n = 0;
}

void rediff_close(struct rediff *r)
{
	drop_files(r);
	free(r->files);
	buf_free(&r->options);
	r->files = NULL;
}

int rediff_know(struct rediff *r, const char *text, size_t len)
{
	struct buf *texts = &r->solver.texts;
	for (size_t i = 0; i < len; i++)
		buf_addc(texts, text[i] != '\0' ? text[i] : ' ');
	buf_addc(texts, '\0');
	return buf_ok(texts) ? 0 : err_set(r->e, -ENOMEM, "out of memory");
}

int rediff_write(struct rediff *r, const char *p, size_t len)
{
	struct buf out = { 0 };
	if (r->prefix == NULL || r->prefix->len == 0)
		return len > 0 ? cmd_write(p, len, r->e) : 0;
	for (size_t i = 0; i < len; i++) {
		if (!r->mid_line)
			buf_add(&out, r->prefix->data, r->prefix->len);
		buf_addc(&out, p[i]);
		r->mid_line = p[i] != '\n';
	}
	int rc = buf_ok(&out) ? cmd_write(out.data, out.len, r->e)
	                      : err_set(r->e, -ENOMEM, "out of memory");
	buf_free(&out);
	return rc;
}

/* ---- blobs and trees ---- */

static bool is_zeros(const char *id)
{
	return id[strspn(id, "0")] == '\0';
}

/* 1 with the whole id, 0 when it cannot be had, which is told. */
static int have(struct rediff *r, const char *id, const struct hints *h, char ret[65])
{
	struct solved found = { .oid = "" };
	ret[0] = '\0';
	if (is_zeros(id))
		return 1;
	int rc = solver_solve(&r->solver, id, h, &found, r->e);
	if (rc > 0 && strcmp(found.type, "blob") == 0)
		memcpy(ret, found.oid, sizeof(found.oid));
	else if (rc >= 0) {
		cmd_fail(r->c, "%s: in no git repository, and no patch makes it", id);
		r->status = r->status != 0 ? r->status : 1;
		rc = 0;
	}
	buf_free(&found.git);
	return rc;
}

static int have_both(struct rediff *r, struct rediff_file *f)
{
	const struct patch_head *h = &f->head;
	const char *a = h->path_a.len > 0 ? h->path_a.data : NULL,
		   *b = h->path_b.len > 0 ? h->path_b.data : NULL;
	int rc = have(r, h->a, &(struct hints){ .path_b = a }, f->a);
	return rc <= 0 ? rc : have(r, h->b, &(struct hints){ h->a, a, b }, f->b);
}

static void add_entry(struct buf *out, const char *mode, const char *id, const struct buf *path)
{
	if (id[0] == '\0' || path->len == 0)
		return;
	buf_addf(out, "M %s %s \"", mode, id);
	for (size_t i = 0; i < path->len; i++) {
		unsigned char c = (unsigned char)path->data[i];
		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
			buf_addf(out, "\\%03o", c);
		else
			buf_addc(out, path->data[i]);
	}
	buf_adds(out, "\"\n");
}

static void add_commit(struct buf *out, char name, const struct buf *entries)
{
	buf_addf(out,
	         "reset refs/heads/%c\ncommit refs/heads/%c\nauthor <a@s> 0 +0000\n"
	         "committer <c@s> 0 +0000\ndata 0\n",
	         name, name);
	buf_add(out, entries->data, entries->len);
	buf_addc(out, '\n');
}

/* Branches A and B of a new repository: the files before and after. */
static int make_trees(struct rediff *r, const struct buf *a, const struct buf *b, struct buf *git)
{
	struct buf in = { 0 }, opt = { 0 };
	int rc = solver_make_git(&r->solver, git, r->e);
	add_commit(&in, 'A', a);
	add_commit(&in, 'B', b);
	buf_adds(&in, "done\n");
	buf_addf(&opt, "--git-dir=%s", buf_cstr(git));
	const char *argv[] = { "git",    buf_cstr(&opt),      "fast-import", "--quiet",
		               "--done", "--date-format=raw", NULL };
	if (rc == 0)
		rc = program_run(&(struct program){ .argv = argv, .in = &in }, r->e);
	if (rc > 0)
		rc = err_set(r->e, -EIO, "git fast-import failed with status %d", rc);
	buf_free(&in);
	buf_free(&opt);
	return rc;
}

static void tell_options(const struct rediff *r)
{
	struct buf text = { 0 };
	for (size_t at = 0; at < r->options.len; at += strlen(r->options.data + at) + 1)
		buf_addf(&text, " %s", r->options.data + at);
	cmd_note(r->c, "git diff%s", buf_cstr(&text));
	buf_free(&text);
}

static int run_diff(struct rediff *r, const char *git)
{
	struct buf opt = { 0 }, out = { 0 };
	buf_addf(&opt, "--git-dir=%s", git);
	const char *before[] = { "git", buf_cstr(&opt), "diff", NULL },
		   *after[] = { "A", "B", NULL };
	bool quote = r->prefix != NULL && r->prefix->len > 0;
	const char **argv = diff_argv(before, &r->options, after);
	if (!r->quiet)
		tell_options(r);
	int rc = argv == NULL
	             ? err_set(r->e, -ENOMEM, "out of memory")
	             : program_run(&(struct program){ .argv = argv, .out = quote ? &out : NULL },
	                           r->e);
	if (rc > 0 && r->status == 0)
		r->status = rc;
	if (rc >= 0)
		rc = rediff_write(r, out.data, out.len);
	free(argv);
	buf_free(&opt);
	buf_free(&out);
	return rc;
}

/* The files at hand as one diff; one that cannot be made again stays as it was. */
static int flush(struct rediff *r, const char *text)
{
	struct buf a = { 0 }, b = { 0 }, git = { 0 };
	int rc = 0;
	bool any = false;
	for (size_t i = 0; i < r->n && rc >= 0; i++) {
		struct rediff_file *f = &r->files[i];
		rc = have_both(r, f);
		if (rc == 0)
			rc = rediff_write(r, text + f->head.start, f->end - f->head.start);
		else if (rc > 0) {
			add_entry(&a, f->head.mode_a, f->a, &f->head.path_a);
			add_entry(&b, f->head.mode_b, f->b, &f->head.path_b);
			any = true;
		}
	}
	rc = rc < 0 ? rc : 0;
	if (rc == 0 && !(buf_ok(&a) && buf_ok(&b)))
		rc = err_set(r->e, -ENOMEM, "out of memory");
	if (rc == 0 && any)
		rc = make_trees(r, &a, &b, &git);
	if (rc == 0 && any)
		rc = run_diff(r, git.data);
	drop_files(r);
	buf_free(&a);
	buf_free(&b);
	buf_free(&git);
	return rc;
}

/* ---- text ---- */

static bool is_body(const char *line, size_t n)
{
	if (n == 4 && memcmp(line, "-- \n", 4) == 0)
		return false; /* a signature */
	return n == 0 || strchr("+- \n", *line) != NULL || (n > 3 && memcmp(line, "@@ ", 3) == 0) ||
	       (n == 2 && memcmp(line, "\r\n", 2) == 0) || (*line == '\\');
}

/* Lines of a patch from `at` on. */
static size_t body_end(const char *text, size_t at, size_t len)
{
	while (at < len) {
		const char *nl = memchr(text + at, '\n', len - at);
		size_t n = nl != NULL ? (size_t)(nl - text) + 1 - at : len - at;
		if (!is_body(text + at, n))
			break;
		at += n;
	}
	return at;
}

static int add_file(struct rediff *r, struct patch_head *h, size_t end)
{
	struct rediff_file *files = grow(r->files, r->n, &r->cap, sizeof(*files));
	if (files == NULL)
		return err_set(r->e, -ENOMEM, "out of memory");
	r->files = files;
	r->files[r->n++] = (struct rediff_file){ .head = *h, .end = end };
	return 0;
}

int rediff_text(struct rediff *r, const char *text, size_t len)
{
	size_t at = 0;
	int rc = 0;
	r->mid_line = false;
	while (rc == 0 && at < len) {
		struct patch_head h;
		int found = patch_head_next(text, len, at, &h);
		size_t start = found > 0 ? h.start : len;
		if (found < 0)
			rc = err_set(r->e, found, "out of memory");
		if (rc == 0 && start > at) { /* something else comes first */
			rc = flush(r, text);
			if (rc == 0)
				rc = rediff_write(r, text + at, start - at);
		}
		at = start;
		if (rc == 0 && found > 0) {
			at = body_end(text, h.end, len);
			rc = add_file(r, &h, at);
		}
		if (rc < 0 && found > 0)
			patch_head_free(&h);
	}
	if (rc == 0)
		rc = flush(r, text);
	drop_files(r);
	return rc;
}
