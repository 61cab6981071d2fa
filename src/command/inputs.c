/* Arguments that name mail. */
#include "inputs.h"

#include "folder.h"

#include "../mail/maildir.h"
#include "locks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool label_is_valid(const char *s, size_t len)
{
	static const char ends[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789_-./@,";
	return len > 0 && (*s == '_' || strchr(ends, *s) != NULL) && strspn(s, inner) == len &&
	       (len == 1 || strchr(ends, s[len - 1]) != NULL);
}

static int add_label(struct buf *labels, const char *label, struct err *e)
{
	size_t len = strlen(label);
	if (len > LABEL_MAX)
		return err_set(e, -EINVAL, "label `%s' is longer than %d bytes", label, LABEL_MAX);
	if (!label_is_valid(label, len))
		return err_set(e, -EINVAL,
		               "label `%s' is not valid: lower-case letters, digits and "
		               "_-./@, inside",
		               label);
	buf_add(labels, label, len + 1);
	return 1;
}

static int add_keyword(kw_set *set, const char *name, struct err *e)
{
	kw_set kw = kw_by_name(name, strlen(name));
	if (kw == 0) {
		struct buf known = { 0 };
		for (unsigned i = 0; i < KW_COUNT; i++)
			buf_addf(&known, "%s%s", i > 0 ? ", " : "", kw_name(i));
		err_put(e, "keyword `%s' is not one of %s", name, buf_cstr(&known));
		buf_free(&known);
		return -EINVAL;
	}
	*set |= kw;
	return 1;
}

int inputs_mark(struct inputs *in, const char *arg, struct err *e)
{
	if (strncmp(arg, "+L:", 3) == 0)
		return add_label(&in->labels, arg + 3, e);
	if (strncmp(arg, "+kw:", 4) == 0)
		return add_keyword(&in->kw, arg + 4, e);
	return 0;
}

static int input_unmark(struct inputs *in, const char *arg, struct err *e)
{
	if (strncmp(arg, "-L:", 3) == 0)
		return add_label(&in->drop_labels, arg + 3, e);
	if (strncmp(arg, "-kw:", 4) == 0)
		return add_keyword(&in->drop_kw, arg + 4, e);
	return 0;
}

static bool is_stdin_name(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0 ||
	       strcmp(path, "/dev/fd/0") == 0 || strcmp(path, "/proc/self/fd/0") == 0;
}

static int check_path(const struct inputs *in, const char *arg, struct err *e)
{
	const char *path;
	enum mail_format f = mail_format_split(arg, &path);
	struct stat st;
	if (url_scheme_length(arg) > 0)
		return err_set(e, -EINVAL,
		               "%s: no mail is fetched over a network; have another program put "
		               "it into a Maildir or a file, and name that",
		               arg);
	if (strncasecmp(arg, "mh:", 3) == 0 && access(arg, F_OK) < 0)
		return err_set(e, -EINVAL, "%s: MH folders are not read; " MH_INSTEAD, arg);
	if (f != MAIL_UNKNOWN && in->format != MAIL_UNKNOWN && f != in->format)
		return err_set(e, -EINVAL, "%s: conflicts with --in-format=%s", arg,
		               mail_format_name(in->format));
	if (is_stdin_name(path))
		return 0;
	if (stat(path, &st) < 0 && (strncmp(arg, "L:", 2) == 0 || strncmp(arg, "kw:", 3) == 0))
		return err_set(e, -ENOENT, "%s: no such file; did you mean +%s?", arg, arg);
	if (stat(path, &st) < 0)
		return err_sys(e, errno, "%s", arg);
	if (S_ISDIR(st.st_mode) && f != MAIL_UNKNOWN && f != MAIL_MAILDIR)
		return err_set(e, -EISDIR, "%s: a directory, not %s", arg, mail_format_name(f));
	return 0;
}

static int add_path(struct inputs *in, const char *arg, struct err *e)
{
	bool other = in->is_other != NULL && in->is_other(arg);
	int rc = other ? 0 : check_path(in, arg, e);
	if (rc == 0)
		in->paths[in->n++] = arg;
	return rc;
}

/* Without a location, a pipe or file on standard input is one. */
static bool stdin_holds_mail(void)
{
	struct stat st;
	return fstat(STDIN_FILENO, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode));
}

static int sort_argument(const char *arg, enum input_marks marks, struct inputs *in, struct err *e)
{
	int rc = marks != MARKS_NONE ? inputs_mark(in, arg, e) : 0;
	if (rc == 0 && marks == MARKS_CHANGE)
		rc = input_unmark(in, arg, e);
	if (rc == 0)
		rc = add_path(in, arg, e);
	return rc < 0 ? rc : 0;
}

static int sort_arguments(const struct cmd *c, enum input_marks marks, struct inputs *in,
                          struct err *e)
{
	int rc = 0;
	bool named = false; /* messages, in another way */
	for (size_t i = 0; i < c->inv.nargs && rc == 0; i++)
		rc = sort_argument(c->inv.args[i], marks, in, e);
	for (size_t i = 0; i < c->inv.nvalues && rc == 0; i++) {
		const struct option_value *v = &c->inv.values[i];
		if (v->id == OPT_INPUT)
			rc = add_path(in, v->text, e);
		named = named || v->id == OPT_OID || v->id == OPT_MID;
	}
	if (rc < 0)
		return rc;
	bool asked = option_on(&c->inv, OPT_STDIN, false);
	if (asked && in->n > 0)
		return err_set(e, -EINVAL, "--stdin and %s do not mix", in->paths[0]);
	if (in->n == 0 && !asked && !named && !stdin_holds_mail())
		return err_set(e, -EINVAL, "no mail given: name a LOCATION or use --stdin");
	if (in->n == 0 && (asked || !named))
		in->paths[in->n++] = "-";
	buf_addc(&in->labels, '\0');
	buf_addc(&in->drop_labels, '\0');
	return buf_ok(&in->labels) && buf_ok(&in->drop_labels)
	           ? 0
	           : err_set(e, -ENOMEM, "out of memory");
}

static int prepare(const struct cmd *c, enum input_marks marks, struct inputs *ret, struct err *e)
{
	const char *format = option_text(&c->inv, OPT_IN_FORMAT);
	struct inputs in = { .patches = ret->patches, .is_other = ret->is_other };
	if (format != NULL)
		in.format = mail_format_by_name(format, strlen(format));
	in.paths = calloc(c->inv.nargs + c->inv.nvalues + 1, sizeof(*in.paths));
	if (in.paths == NULL)
		return err_set(e, -ENOMEM, "out of memory");
	int rc = locks_wanted(&c->inv, &in.lock, e);
	if (rc == 0)
		rc = sort_arguments(c, marks, &in, e);
	if (rc == 0)
		rc = inputs_recurse(c, &in, e);
	if (rc < 0)
		inputs_free(&in);
	else
		*ret = in;
	return rc;
}

int inputs_prepare(const struct cmd *c, enum input_marks marks, struct inputs *ret, struct err *e)
{
	*ret = (struct inputs){ 0 };
	return prepare(c, marks, ret, e);
}

int inputs_prepare_patches(const struct cmd *c, bool (*is_other)(const char *arg),
                           struct inputs *ret, struct err *e)
{
	*ret = (struct inputs){ .patches = true, .is_other = is_other };
	return prepare(c, MARKS_NONE, ret, e);
}

void inputs_free(struct inputs *in)
{
	free(in->paths);
	buf_free(&in->found);
	buf_free(&in->labels);
	buf_free(&in->drop_labels);
	*in = (struct inputs){ 0 };
}

static bool is_patch_name(const char *path)
{
	size_t n = strlen(path);
	return n > 6 && strcasecmp(path + n - 6, ".patch") == 0;
}

int inputs_read(const struct inputs *in, size_t i, mail_sink *sink, void *rock, uint64_t *ret_count,
                struct err *e)
{
	const char *path;
	enum mail_format f = mail_format_split(in->paths[i], &path);
	if (f == MAIL_UNKNOWN)
		f = in->format;
	if (f == MAIL_UNKNOWN && in->patches && (is_stdin_name(path) || is_patch_name(path)))
		f = MAIL_EML;
	if (is_stdin_name(path))
		return mail_read_fd(STDIN_FILENO, "standard input", f, sink, rock, ret_count, e);
	return mail_read_locked(path, f, &in->lock, sink, rock, ret_count, e);
}

/* Is "cur" or "new" the last part of these bytes, and something before it? */
static bool ends_in_maildir(const char *path, size_t len)
{
	return len > 4 && path[len - 4] == '/' &&
	       (memcmp(path + len - 3, "cur", 3) == 0 || memcmp(path + len - 3, "new", 3) == 0);
}

/* The folder of DIR/cur/NAME: DIR. */
static int folder_of_file(const char *path, struct buf *out, struct err *e)
{
	struct buf abs = { 0 }, dir = { 0 };
	int rc = 0;
	buf_adds(&abs, *path == '/' ? "" : "./");
	buf_adds(&abs, path);
	const char *slash = strrchr(buf_cstr(&abs), '/');
	size_t len = (size_t)(slash - abs.data);
	if (ends_in_maildir(abs.data, len)) {
		buf_add(&dir, abs.data, len - 4);
		rc = folder_url_of_path(buf_cstr(&dir), out, e);
	}
	buf_free(&abs);
	buf_free(&dir);
	return rc;
}

int inputs_folder(const struct inputs *in, size_t i, struct buf *out, struct err *e)
{
	const char *path;
	struct stat st;
	enum mail_format f = mail_format_split(in->paths[i], &path);
	if (f == MAIL_UNKNOWN)
		f = in->format;
	if (is_stdin_name(path) || stat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return folder_url_of_path(path, out, e);
	if (S_ISREG(st.st_mode) && (f == MAIL_UNKNOWN || f == MAIL_EML))
		return folder_of_file(path, out, e);
	return 0;
}
