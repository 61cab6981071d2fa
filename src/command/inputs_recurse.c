/* --recursive: directories of Maildirs. */
#include "filter.h"
#include "inputs.h"

#include "../base/grow.h"
#include "../mail/maildir.h"
#include "../mail/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pattern {
	struct filter filter;
	bool exclude;
};

struct list {
	char **v; /* owned, as each of them */
	size_t n, cap;
};

struct recursion {
	const struct cmd *c;
	struct pattern *patterns;
	size_t npatterns;
	bool chosen; /* there is an --include */
	struct list list;
	size_t top; /* length of the path where the walk began */
};

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

static int read_patterns(struct recursion *r, struct err *e)
{
	const struct invocation *inv = &r->c->inv;
	int rc = 0;
	r->patterns = calloc(inv->nvalues + 1, sizeof(*r->patterns));
	if (r->patterns == NULL)
		return no_memory(e);
	for (size_t i = 0; i < inv->nvalues && rc == 0; i++) {
		const struct option_value *v = &inv->values[i];
		if (v->id != OPT_IN_INCLUDE && v->id != OPT_IN_EXCLUDE)
			continue;
		struct pattern *p = &r->patterns[r->npatterns];
		p->exclude = v->id == OPT_IN_EXCLUDE;
		r->chosen = r->chosen || !p->exclude;
		rc = filter_compile(v->text, false, &p->filter, e);
		r->npatterns += rc == 0;
	}
	return rc;
}

/* `below`: the part of its path below the directory that was named. */
static bool is_wanted(const struct recursion *r, const char *below)
{
	bool wanted = !r->chosen;
	for (size_t i = 0; i < r->npatterns; i++) {
		const struct pattern *p = &r->patterns[i];
		if (p->exclude && filter_fits(&p->filter, below))
			return false;
		wanted = wanted || (!p->exclude && filter_fits(&p->filter, below));
	}
	return wanted;
}

static int add(struct list *l, char *path, struct err *e)
{
	char **v = path != NULL ? grow(l->v, l->n, &l->cap, sizeof(*v)) : NULL;
	if (v == NULL) {
		free(path);
		return no_memory(e);
	}
	l->v = v;
	v[l->n++] = path;
	return 0;
}

static int visit(void *rock, const char *path, struct err *e)
{
	struct recursion *r = rock;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is = fd >= 0 && maildir_is(fd);
	if (fd >= 0)
		close(fd);
	const char *below = path + r->top;
	below += *below == '/';
	return is && is_wanted(r, *below != '\0' ? below : ".") ? add(&r->list, strdup(path), e)
	                                                        : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int walk(struct recursion *r, const char *path, struct err *e)
{
	size_t before = r->list.n;
	r->top = strlen(path);
	int rc = tree_walk(path, visit, r, e);
	if (rc == 0 && r->list.n == before)
		rc = err_set(e, -ENOENT, "%s: no Maildir there or below%s", path,
		             r->npatterns > 0 ? " that --include and --exclude leave" : "");
	if (rc == 0)
		qsort(r->list.v + before, r->list.n - before, sizeof(*r->list.v), by_name);
	return rc;
}

static int add_input(struct recursion *r, const char *arg, struct err *e)
{
	const char *path;
	struct stat st;
	mail_format_split(arg, &path);
	bool dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	return dir ? walk(r, path, e) : add(&r->list, strdup(arg), e);
}

/* The strings move into one buffer, which the paths point into. */
static int take_over(struct recursion *r, struct inputs *in, struct err *e)
{
	const char **paths = calloc(r->list.n + 1, sizeof(*paths));
	for (size_t i = 0; i < r->list.n; i++)
		buf_add(&in->found, r->list.v[i], strlen(r->list.v[i]) + 1);
	if (paths == NULL || !buf_ok(&in->found)) {
		free(paths);
		return no_memory(e);
	}
	const char *at = in->found.data;
	for (size_t i = 0; i < r->list.n; i++, at += strlen(at) + 1)
		paths[i] = at;
	free(in->paths);
	in->paths = paths;
	in->n = r->list.n;
	return 0;
}

static void end(struct recursion *r)
{
	for (size_t i = 0; i < r->npatterns; i++)
		filter_free(&r->patterns[i].filter);
	free(r->patterns);
	for (size_t i = 0; i < r->list.n; i++)
		free(r->list.v[i]);
	free(r->list.v);
}

int inputs_recurse(const struct cmd *c, struct inputs *in, struct err *e)
{
	struct recursion r = { .c = c };
	bool asked = option_on(&c->inv, OPT_RECURSIVE, false);
	int rc = read_patterns(&r, e);
	if (rc == 0 && r.npatterns > 0 && !asked)
		rc = err_set(e, -EINVAL, "--include and --exclude need --recursive");
	if (rc == 0 && asked) {
		for (size_t i = 0; i < in->n && rc == 0; i++)
			rc = add_input(&r, in->paths[i], e);
		if (rc == 0)
			rc = take_over(&r, in, e);
	}
	end(&r);
	return rc;
}
