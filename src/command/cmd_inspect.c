/* lei inspect: what the store and mail_sync know of a message or a folder, with the original's keys
 * where they mean something here. */
#include "config.h"
#include "folder.h"
#include "inputs.h"
#include "inspect_json.h"
#include "terminal.h"

#include "../mail/message.h"
#include "../store/lookup.h"
#include "../store/sync.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct items { /* what is asked for, owned */
	char **v;
	size_t n;
};

struct inspect {
	struct cmd *c;
	struct store *store; /* NULL: there is none */
	struct items items;
	json_t *found; /* an array */
};

/* ---- one message ---- */

static int add_place(void *rock, const struct sync_file *f)
{
	json_t *places = rock, *names = json_object_get(places, f->url);
	if (names == NULL) {
		names = json_array();
		json_object_set_new(places, f->url, names);
	}
	json_array_append_new(names, json_lenient(f->name));
	return 0;
}

/* `oid` NULL: every copy of the message. */
static int add_places(struct inspect *x, json_t *to, const char *oid, int64_t docid, struct err *e)
{
	json_t *places = json_object();
	int rc = sync_of(x->store, oid, docid, add_place, places, e);
	if (json_object_size(places) > 0)
		json_object_set(to, "mail-sync", places);
	json_decref(places);
	return rc;
}

static int inspect_blob(struct inspect *x, const char *hex, json_t *to, struct err *e)
{
	char oid[41];
	int64_t docid;
	int rc = x->store != NULL ? lookup_blob(x->store, hex, &docid, oid, e) : -ENOENT;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	json_t *docids = json_array();
	json_array_append_new(docids, json_integer(docid));
	json_object_set_new(to, "lei/store", docids);
	return add_places(x, to, oid, 0, e);
}

static int inspect_docid(struct inspect *x, const char *key, const char *number, json_t *to,
                         struct err *e)
{
	char *end;
	errno = 0;
	int64_t docid = strtoll(number, &end, 10);
	if (errno != 0 || *end != '\0' || *number < '0' || *number > '9')
		return err_set(e, -EINVAL, "%s:%s: not a number", key, number);
	int rc = x->store != NULL ? store_fetch(x->store, docid, inspect_hit, to, e) : -ENOENT;
	if (rc == -ENOENT)
		return err_set(e, rc, "%s:%s: no such message", key, number);
	json_object_set_new(to, key, json_integer(docid));
	return rc == 0 ? add_places(x, to, NULL, docid, e) : rc;
}

struct by_mid {
	struct inspect *x;
	json_t *messages;
	struct err *e;
};

static int add_same_mid(void *rock, int64_t docid, const char *oid)
{
	struct by_mid *by = rock;
	json_t *one = json_object();
	(void)oid;
	int rc = store_fetch(by->x->store, docid, inspect_hit, one, by->e);
	json_array_append(by->messages, json_object_get(one, INSPECT_MESSAGE));
	json_decref(one);
	return rc;
}

static int inspect_mid(struct inspect *x, const char *mid, json_t *to, struct err *e)
{
	struct by_mid by = { .x = x, .messages = json_array(), .e = e };
	json_object_set_new(to, "mid", json_lenient(mid));
	int rc = x->store != NULL ? lookup_mid(x->store, mid, add_same_mid, &by, e) : 0;
	if (json_array_size(by.messages) > 0)
		json_object_set(to, INSPECT_MESSAGE, by.messages);
	json_decref(by.messages);
	return rc;
}

/* ---- a folder ---- */

static int inspect_folder(struct inspect *x, const char *arg, json_t *to, struct err *e)
{
	struct buf url = { 0 };
	struct folder_stat stat = { 0 };
	int rc = folder_url(arg, &url, e);
	int known = rc == 0 && x->store != NULL ? lookup_folder(x->store, url.data, &stat, e) : rc;
	if (known == 1) {
		json_t *numbers = json_object();
		json_object_set_new(numbers, "name.count", json_integer((json_int_t)stat.files));
		json_object_set_new(to, url.data, numbers);
	} else if (known == 0) {
		cmd_note(x->c, "no folders match %s (non-fatal)", arg);
		json_object_set_new(to, url.data, json_null());
	}
	buf_free(&url);
	return known < 0 ? known : 0;
}

/* ---- items ---- */

static const char *after(const char *item, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(item, prefix, n) == 0 && item[n] != '\0' ? item + n : NULL;
}

static int inspect_one(struct inspect *x, const char *item, json_t *to, struct err *e)
{
	const char *rest;
	struct stat st;
	if ((rest = after(item, "blob:")) != NULL)
		return inspect_blob(x, rest, to, e);
	if ((rest = after(item, "docid:")) != NULL)
		return inspect_docid(x, "docid", rest, to, e);
	if ((rest = after(item, "num:")) != NULL)
		return inspect_docid(x, "num", rest, to, e);
	if ((rest = after(item, "mid:")) != NULL || (rest = after(item, "m:")) != NULL)
		return inspect_mid(x, rest, to, e);
	if (after(item, "maildir:") != NULL || strstr(item, "://") != NULL ||
	    (stat(item, &st) == 0 && S_ISDIR(st.st_mode)))
		return inspect_folder(x, item, to, e);
	return err_set(e, -EINVAL, "%s not understood", item);
}

static int add_item(struct items *items, const char *prefix, const char *text)
{
	char **v = reallocarray(items->v, items->n + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	items->v = v;
	if (asprintf(&v[items->n], "%s%s", prefix, text) < 0)
		return -ENOMEM;
	items->n++;
	return 0;
}

/* A message stands for its blob and its Message-IDs. */
static int add_mail(void *rock, const struct raw_mail *m, struct err *e)
{
	struct items *items = rock;
	struct message msg = { 0 };
	int rc = message_parse(m->data, m->len, &msg, e);
	if (rc == 0)
		rc = add_item(items, "blob:", msg.oid);
	for (size_t i = 0; rc == 0 && i < msg.mids.len; i += strlen(msg.mids.data + i) + 1)
		rc = add_item(items, "mid:", msg.mids.data + i);
	message_done(&msg);
	return rc;
}

static int collect(struct inspect *x, struct err *e)
{
	const struct invocation *inv = &x->c->inv;
	struct stat st;
	uint64_t count;
	int rc = 0;
	bool asked = option_on(inv, OPT_STDIN, false);
	bool piped = fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
	if (asked && inv->nargs > 0)
		return err_set(e, -EINVAL, "no arguments with --stdin");
	if (!asked && inv->nargs == 0 && !piped)
		return err_set(e, -EINVAL, "no item given: name one or use --stdin");
	if (inv->nargs == 0)
		return mail_read_fd(STDIN_FILENO, "standard input", MAIL_EML, add_mail, &x->items,
		                    &count, e);
	for (size_t i = 0; i < inv->nargs && rc == 0; i++) {
		const char *arg = inv->args[i];
		if (stat(arg, &st) == 0 && S_ISREG(st.st_mode))
			rc = mail_read_path(arg, MAIL_UNKNOWN, add_mail, &x->items, &count, e);
		else
			rc = add_item(&x->items, "", arg);
	}
	return rc == -ENOMEM ? err_set(e, rc, "out of memory") : rc;
}

/* ---- the command ---- */

static int print(struct inspect *x, struct err *e)
{
	const struct invocation *inv = &x->c->inv;
	bool tty = isatty(STDOUT_FILENO);
	size_t flags = option_on(inv, OPT_PRETTY, tty) ? JSON_INDENT(3) : JSON_COMPACT;
	const json_t *out = json_array_size(x->found) == 1 && x->items.n == 1
	                        ? json_array_get(x->found, 0)
	                        : x->found;
	flags |= JSON_SORT_KEYS | (option_on(inv, OPT_ASCII, false) ? JSON_ENSURE_ASCII : 0);
	char *text = json_dumps(out, flags);
	int rc = text == NULL ? err_set(e, -ENOMEM, "out of memory") : 0;
	if (rc == 0 && tty)
		rc = pager_start(x->c, e);
	if (rc == 0)
		rc = cmd_write(text, strlen(text), e);
	if (rc == 0)
		rc = cmd_write("\n", 1, e);
	free(text);
	return rc;
}

/* Each item; one that cannot be shown leaves the others. */
static int inspect_all(struct inspect *x)
{
	struct err e = { .text = "" };
	int status = 0;
	x->found = json_array();
	for (size_t i = 0; i < x->items.n; i++) {
		json_t *one = json_object();
		if (inspect_one(x, x->items.v[i], one, &e) < 0)
			status = cmd_fail_err(x->c, &e);
		else
			json_array_append(x->found, one);
		json_decref(one);
	}
	bool shown = json_array_size(x->found) > 0 || x->items.n != 1;
	if (shown && print(x, &e) < 0)
		status = cmd_fail_err(x->c, &e);
	json_decref(x->found);
	return status;
}

static int open_store(struct inspect *x, const char *dir, struct err *e)
{
	int rc = store_open(dir, &x->store, e);
	return rc == -ENOENT ? 0 : rc;
}

int cmd_inspect(struct cmd *c)
{
	struct inspect x = { .c = c };
	struct err e = { .text = "" };
	struct buf dir = { 0 };
	message_setup();
	int rc = collect(&x, &e);
	if (rc == 0)
		rc = store_place(c, &dir, &e);
	if (rc == 0)
		rc = open_store(&x, dir.data, &e);
	int status = rc < 0 ? cmd_fail_err(c, &e) : inspect_all(&x);
	store_close(x.store);
	buf_free(&dir);
	for (size_t i = 0; i < x.items.n; i++)
		free(x.items.v[i]);
	free(x.items.v);
	return status;
}
