/* See dest.h. */
#include "dest.h"

#include "config.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout_name(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0 ||
	       strcmp(path, "/dev/fd/1") == 0 || strcmp(path, "/proc/self/fd/1") == 0;
}

/* Every format has one name of letters and digits. */
static int kind_by_name(const char *name, size_t len, struct dest *d)
{
	static const struct {
		const char *name;
		enum dest_kind kind;
	} kinds[] = {
		{ "json", DEST_JSON },    { "jsonl", DEST_JSONL },
		{ "ndjson", DEST_JSONL }, { "ldjson", DEST_JSONL },
		{ "text", DEST_TEXT },    { "concatjson", DEST_CONCATJSON },
		{ "reply", DEST_REPLY },
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == len && strncasecmp(kinds[i].name, name, len) == 0) {
			d->kind = kinds[i].kind;
			return 0;
		}
	}
	d->kind = DEST_MAIL;
	d->format = mail_format_by_name(name, len);
	return d->format == MAIL_UNKNOWN || d->format == MAIL_EML ? -EINVAL : 0;
}

/* Length of "format" in "format:path", 0 without a prefix. */
static size_t prefix_length(const char *output)
{
	size_t n = strcspn(output, ":/.");
	return output[n] == ':' ? n : 0;
}

static int detect(const char *path, struct dest *d, struct err *e)
{
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, -EINVAL,
		               "%s: which format? write it before the path, as in mboxrd:%s", path,
		               path);
	d->kind = DEST_MAIL;
	d->format = MAIL_MAILDIR;
	return 0;
}

static int choose(const char *output, const char *format, const char *format_option, struct dest *d,
                  struct err *e)
{
	size_t n = prefix_length(output);
	struct dest given = { 0 };
	if (n > 0 && strncmp(output + n, "://", 3) == 0)
		return err_set(
		    e, -EINVAL,
		    "--output=%s: no mail is written over a network; name a Maildir or mbox",
		    output);
	if (n == 2 && strncasecmp(output, "v2", 2) == 0)
		return err_set(
		    e, -EINVAL,
		    "--output=%s: public-inboxes (v2) are not written; name a Maildir or "
		    "mbox",
		    output);
	if (n > 0 && kind_by_name(output, n, d) < 0)
		return err_set(e, -EINVAL, "--output=%s: no format is called %.*s", output, (int)n,
		               output);
	if (format != NULL && kind_by_name(format, strlen(format), &given) < 0)
		return err_set(e, -EINVAL, "--%s=%s: no such format", format_option, format);
	if (n > 0 && format != NULL && (given.kind != d->kind || given.format != d->format))
		return err_set(e, -EINVAL, "--%s=%s and --output=%s conflict", format_option,
		               format, output);
	if (n == 0 && format != NULL)
		*d = given;
	const char *path = n > 0 ? output + n + 1 : output;
	d->path = is_stdout_name(path) ? NULL : path;
	if (n > 0 || format != NULL)
		return 0;
	d->kind = DEST_JSON;
	return d->path == NULL ? 0 : detect(d->path, d, e);
}

static int check(const struct dest *d, const char *output, struct err *e)
{
	if (d->path == NULL && d->kind == DEST_MAIL && d->format == MAIL_MAILDIR)
		return err_set(e, -EINVAL, "a Maildir needs a directory: --output=PATH");
	if (d->path != NULL && *d->path == '\0')
		return err_set(e, -EINVAL, "--output=%s: the path is empty", output);
	if (d->path != NULL && d->kind != DEST_MAIL && !dest_is_text(d))
		return err_set(e, -EINVAL, "--output=%s: this format goes to standard output only",
		               output);
	return 0;
}

int dest_parse(const char *output, const char *format, const char *format_option, struct dest *ret,
               struct err *e)
{
	struct dest d = { 0 };
	if (output == NULL)
		output = "-";
	int rc = choose(output, format, format_option, &d, e);
	if (rc == 0)
		rc = check(&d, output, e);
	if (rc == 0 && d.path != NULL)
		rc = absolute_path(d.path, &d.shown, e);
	if (rc == 0 && d.path != NULL && d.format == MAIL_MAILDIR)
		buf_addc(&d.shown, '/');
	if (rc == 0 && d.path != NULL)
		buf_cstr(&d.shown);
	if (rc < 0)
		dest_free(&d);
	else
		*ret = d;
	return rc;
}

void dest_free(struct dest *d)
{
	buf_free(&d->shown);
}

int dest_open(const struct dest *d, const struct writer_opts *opts, struct mail_writer **ret,
              struct err *e)
{
	if (d->path == NULL)
		return mail_writer_fd(STDOUT_FILENO, "standard output", d->format, ret, e);
	return mail_writer_path(d->path, d->format, opts, ret, e);
}
