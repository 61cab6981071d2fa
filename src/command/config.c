/* Where the config is and what it says. */
#include "config.h"

#include "program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int absolute_path(const char *path, struct buf *out, struct err *e)
{
	if (path[0] != '/') {
		char *cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return err_sys(e, errno, "where are we");
		buf_adds(out, cwd);
		buf_addc(out, '/');
		free(cwd);
	}
	buf_adds(out, path);
	while (out->len > 1 && out->data[out->len - 1] == '/')
		out->len--;
	buf_cstr(out);
	return buf_ok(out) ? 0 : err_set(e, -ENOMEM, "out of memory");
}

int squeezed_path(const char *path, struct buf *out, struct err *e)
{
	struct buf abs = { 0 };
	size_t start = out->len;
	int rc = absolute_path(path, &abs, e);
	for (const char *p = abs.data; rc == 0 && *p != '\0';) {
		p += strspn(p, "/");
		size_t n = strcspn(p, "/");
		if (n > 0 && !(n == 1 && *p == '.'))
			buf_addf(out, "/%.*s", (int)n, p);
		p += n;
	}
	buf_free(&abs);
	if (out->len == start)
		buf_addc(out, '/');
	buf_cstr(out);
	return rc < 0 || buf_ok(out) ? rc : err_set(e, -ENOMEM, "out of memory");
}

int config_path(const struct cmd *c, struct buf *out, struct err *e)
{
	const char *xdg = cmd_getenv(c, "XDG_CONFIG_HOME"), *home = cmd_getenv(c, "HOME");
	struct buf path = { 0 };
	if (xdg != NULL && *xdg != '\0')
		buf_addf(&path, "%s/lei/config", xdg);
	else if (home != NULL && *home != '\0')
		buf_addf(&path, "%s/.config/lei/config", home);
	else
		return err_set(e, -ENOENT, "neither XDG_CONFIG_HOME nor HOME is set");
	int rc = absolute_path(buf_cstr(&path), out, e);
	buf_free(&path);
	return rc;
}

int config_make_dir(const char *path, struct err *e)
{
	char dir[4096];
	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir))
		return err_set(e, -ENAMETOOLONG, "%s: name too long", path);
	for (char *p = dir + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(dir, 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "mkdir %s", dir);
		*p = '/';
	}
	return 0;
}

int run_program(const char *const *argv, struct buf *out, struct err *e)
{
	return program_run(&(struct program){ .argv = argv, .out = out }, e);
}

/* Does -c "key=value" name `key`?  Sections and names are case-insensitive. */
static const char *override_of(const char *setting, const char *key)
{
	size_t len = strcspn(setting, "=");
	if (strlen(key) != len || strncasecmp(setting, key, len) != 0)
		return NULL;
	return setting[len] == '=' ? setting + len + 1 : "true";
}

static int get_from_file(const struct cmd *c, const char *key, struct buf *out, struct err *e)
{
	struct buf path = { 0 }, value = { 0 };
	int rc = config_path(c, &path, e);
	if (rc < 0 || access(buf_cstr(&path), F_OK) < 0) {
		buf_free(&path);
		return rc == -ENOENT ? 0 : rc;
	}
	const char *argv[] = { "git",     "config", "-z", "--includes", "-f",
		               path.data, "--get",  key,  NULL };
	rc = run_program(argv, &value, e);
	if (rc > 1)
		rc = err_set(e, -EINVAL, "%s: git config cannot read it", path.data);
	else if (rc == 1)
		rc = 0; /* no such key */
	else if (rc == 0 && value.len > 0)
		rc = 1;
	if (rc == 1)
		buf_adds(out, buf_cstr(&value)); /* it ends in NUL */
	buf_free(&path);
	buf_free(&value);
	return rc;
}

int config_get(const struct cmd *c, const char *key, struct buf *out, struct err *e)
{
	for (size_t i = c->inv.nvalues; i-- > 0;) {
		const struct option_value *v = &c->inv.values[i];
		const char *value = v->id == OPT_CONFIG ? override_of(v->text, key) : NULL;
		if (value != NULL) {
			buf_adds(out, value);
			return 1;
		}
	}
	return get_from_file(c, key, out, e);
}

void config_quote(struct buf *out, const char *s, size_t len)
{
	buf_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n') {
			buf_adds(out, "\\n");
			continue;
		}
		if (s[i] == '"' || s[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, s[i]);
	}
	buf_addc(out, '"');
}

/* "section.sub.section.name=value" as a piece of config file; options.c has checked its form. */
static void add_setting(struct buf *out, const char *setting)
{
	size_t len = strcspn(setting, "=");
	const char *dot = memchr(setting, '.', len);
	const char *last = memrchr(setting, '.', len);
	assert(dot != NULL && last != NULL);
	buf_addf(out, "[%.*s", (int)(dot - setting), setting);
	if (last > dot) {
		buf_addc(out, ' ');
		config_quote(out, dot + 1, (size_t)(last - dot - 1));
	}
	buf_addf(out, "]\n\t%.*s", (int)(setting + len - last - 1), last + 1);
	if (setting[len] == '=') {
		buf_adds(out, " = ");
		config_quote(out, setting + len + 1, strlen(setting + len + 1));
	}
	buf_addc(out, '\n');
}

static int overlay_text(const struct cmd *c, struct buf *text, struct err *e)
{
	struct buf path = { 0 };
	int rc = config_path(c, &path, e);
	if (rc == 0) {
		buf_adds(text, "[include]\n\tpath = ");
		config_quote(text, path.data, path.len);
		buf_addc(text, '\n');
	}
	buf_free(&path);
	for (size_t i = 0; i < c->inv.nvalues; i++) {
		if (c->inv.values[i].id == OPT_CONFIG)
			add_setting(text, c->inv.values[i].text);
	}
	return rc == 0 && !buf_ok(text) ? err_set(e, -ENOMEM, "out of memory") : rc;
}

int config_overlay(const struct cmd *c, int *ret, struct err *e)
{
	struct buf text = { 0 };
	int fd = -1;
	if (option_last(&c->inv, OPT_CONFIG) == NULL) {
		*ret = -1;
		return 0;
	}
	int rc = overlay_text(c, &text, e);
	if (rc == 0 && (fd = memfd_create("lei-config", MFD_CLOEXEC)) < 0)
		rc = err_sys(e, errno, "memfd");
	if (rc == 0 && write(fd, text.data, text.len) != (ssize_t)text.len)
		rc = err_sys(e, errno, "write memfd");
	buf_free(&text);
	if (rc == 0)
		*ret = fd;
	else if (fd >= 0)
		close(fd);
	return rc;
}

int config_list(const struct cmd *c, const char *regexp, bool overrides, struct buf *out,
                struct err *e)
{
	struct buf path = { 0 };
	int fd = -1;
	int rc = overrides ? config_overlay(c, &fd, e) : 0;
	if (fd >= 0) {
		buf_addf(&path, "/proc/self/fd/%d", fd);
		fcntl(fd, F_SETFD, 0); /* for git alone */
	} else if (rc == 0) {
		rc = config_path(c, &path, e);
	}
	if (rc == 0 && (fd >= 0 || access(buf_cstr(&path), F_OK) == 0)) {
		const char *argv[] = { "git",           "config",       "-z",   "--includes", "-f",
			               buf_cstr(&path), "--get-regexp", regexp, NULL };
		rc = run_program(argv, out, e);
		if (rc > 1)
			rc = err_set(e, -EINVAL, "%s: git config cannot read it", path.data);
		else if (rc == 1) /* no such key */
			rc = 0;
	}
	if (fd >= 0)
		close(fd);
	buf_free(&path);
	return rc;
}
