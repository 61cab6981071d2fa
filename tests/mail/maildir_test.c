#include "fixture.h"

#include "mail/maildir.h"

#include <sys/socket.h>
#include <sys/un.h>

static void make_maildir(const char *path)
{
	char sub[64];
	const char *subs[] = { "", "/cur", "/new", "/tmp" };
	for (int i = 0; i < 4; i++) {
		snprintf(sub, sizeof(sub), "%s%s", path, subs[i]);
		assert_int_equal(mkdir(sub, 0700), 0);
	}
}

static int read_md(struct mails *all, struct err *e)
{
	uint64_t n;
	e->text[0] = '\0';
	int rc = mail_read_path("md", MAIL_UNKNOWN, collect, all, &n, e);
	if (!all->stop_at)
		assert_int_equal(n, all->n);
	return rc;
}

static void mail_comes_by_name_with_flags(void **state)
{
	struct mails all = { 0 };
	struct err e;
	(void)state;
	make_maildir("md");
	put_file("md/cur/c:2,RS", BYTES("C: 3\n\n"));
	put_file("md/new/a", BYTES("A: 1\nStatus: R\n\n"));
	put_file("md/cur/b:2,", BYTES("B: 2\n\n"));
	put_file("md/new/d:2,F", BYTES("D: 4\n\n"));
	put_file("md/cur/e", BYTES("E: 5\n\n"));
	/* names that nobody knows are mail all the same */
	put_file("md/cur/f:1,S", BYTES("F: 6\n\n"));
	put_file("md/cur/g:h:2,S", BYTES("G: 7\n\n"));
	assert_int_equal(read_md(&all, &e), 0);
	/* Status is dropped, but a Maildir keeps its state in names */
	assert_mails(&all, "[]A: 1\n\n|[]B: 2\n\n|[sa]C: 3\n\n|[f]D: 4\n\n|[]E: 5\n\n|[]F: 6\n\n|"
	                   "[s]G: 7\n\n|");
}

static void what_is_no_mail_is_skipped(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "md/cur/sock" };
	struct mails all = { 0 };
	struct err e;
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)state;
	make_maildir("md");
	put_file("md/cur/.hidden", BYTES("A: 1\n\n"));
	put_file("md/cur/trash:2,ST", BYTES("A: 1\n\n"));
	put_file("md/cur/empty:2,S", "", 0);
	put_file("md/tmp/unfinished", BYTES("A: 1\n\n"));
	assert_int_equal(mkfifo("md/new/fifo", 0600), 0);
	assert_int_equal(mkdir("md/cur/dir:2,S", 0700), 0);
	assert_int_equal(symlink("nowhere", "md/cur/dangling"), 0);
	assert_int_equal(symlink("..", "md/cur/updir"), 0);
	assert_int_equal(symlink("loop", "md/cur/loop"), 0);
	assert_int_equal(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	put_file("linked", BYTES("L: 1\n\n"));
	assert_int_equal(symlink("../../linked", "md/cur/link:2,S"), 0);
	int rc = read_md(&all, &e);
	assert_int_equal(rc, -ELOOP);
	assert_string_equal(e.text, "cannot read md/cur/loop: Too many levels of symbolic links");
	assert_mails(&all, "[s]L: 1\n\n|");
	close(s);
}

/* Renames a mail that is still to come, as a mail reader would. */
struct meddler {
	struct mails all;
	const char *from, *to;
};

static int meddle(void *rock, const struct raw_mail *m, struct err *e)
{
	struct meddler *x = rock;
	if (x->all.n == 0 && x->to)
		assert_int_equal(rename(x->from, x->to), 0);
	else if (x->all.n == 0)
		assert_int_equal(unlink(x->from), 0);
	return collect(&x->all, m, e);
}

static void a_renamed_mail_is_found_again(void **state)
{
	static const struct {
		const char *to, *want;
	} rows[] = {
		{ "md/cur/b:2,S", "[]A: 1\n\n|[s]B: 2\n\n|[]C: 3\n\n|" },
		{ "md/cur/b", "[]A: 1\n\n|[]B: 2\n\n|[]C: 3\n\n|" },
		{ "md/cur/b:2,T", "[]A: 1\n\n|[]C: 3\n\n|" },
		{ "md/tmp/b", "[]A: 1\n\n|[]C: 3\n\n|" },
		{ NULL, "[]A: 1\n\n|[]C: 3\n\n|" },
	};
	(void)state;
	make_maildir("md");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct meddler x = { .from = "md/new/b", .to = rows[i].to };
		struct err e = { "" };
		uint64_t n;
		put_file("md/new/a", BYTES("A: 1\n\n"));
		put_file("md/new/b", BYTES("B: 2\n\n"));
		put_file("md/cur/c:2,", BYTES("C: 3\n\n"));
		assert_int_equal(mail_read_path("md", MAIL_MAILDIR, meddle, &x, &n, &e), 0);
		assert_mails(&x.all, rows[i].want);
		if (rows[i].to)
			assert_int_equal(unlink(rows[i].to), 0);
	}
}

static void a_mail_that_appears_twice_is_read_once(void **state)
{
	struct mails all = { 0 };
	struct err e;
	(void)state;
	make_maildir("md");
	put_file("md/cur/a:2,F", BYTES("A: 1\n\n"));
	assert_int_equal(link("md/cur/a:2,F", "md/cur/a:2,S"), 0);
	put_file("md/new/a", BYTES("A: 2\n\n")); /* another mail */
	assert_int_equal(read_md(&all, &e), 0);
	assert_mails(&all, "[]A: 2\n\n|[f]A: 1\n\n|");
}

static void an_unreadable_mail_costs_only_itself(void **state)
{
	struct mails all = { 0 };
	struct err e;
	(void)state;
	if (geteuid() == 0)
		skip();
	make_maildir("md");
	put_file("md/cur/a:2,", BYTES("A: 1\n\n"));
	put_file("md/cur/b:2,", BYTES("B: 2\n\n"));
	assert_int_equal(chmod("md/cur/a:2,", 0), 0);
	assert_int_equal(read_md(&all, &e), -EACCES);
	assert_string_equal(e.text, "cannot read md/cur/a:2,: Permission denied");
	assert_mails(&all, "[]B: 2\n\n|");
}

static void the_sink_can_stop_it(void **state)
{
	struct mails all = { .stop_at = 2 };
	struct err e;
	(void)state;
	make_maildir("md");
	put_file("md/cur/a:2,", BYTES("A: 1\n\n"));
	put_file("md/cur/b:2,", BYTES("B: 2\n\n"));
	put_file("md/cur/c:2,", BYTES("C: 3\n\n"));
	assert_int_equal(read_md(&all, &e), 7);
	assert_mails(&all, "[]A: 1\n\n|");
}

static void one_of_the_directories_is_enough(void **state)
{
	struct mails all = { 0 };
	struct err e;
	(void)state;
	assert_int_equal(mkdir("md", 0700), 0);
	assert_int_equal(read_md(&all, &e), -EISDIR);
	assert_string_equal(e.text, "md: a directory, but not a maildir (no cur/ or new/)");
	assert_int_equal(mkdir("md/new", 0700), 0);
	put_file("md/new/a", BYTES("A: 1\n\n"));
	assert_int_equal(read_md(&all, &e), 0);
	assert_mails(&all, "[]A: 1\n\n|");
	put_file("md/cur", "", 0);
	assert_int_equal(read_md(&all, &e), -ENOTDIR);
}

/* Names and bytes that were offered; taken is what equals `want`. */
struct offers {
	const char *want;
	struct buf text;
};

static int take_offer(void *rock, const struct maildir_mail *m, struct err *e)
{
	struct offers *o = rock;
	(void)e;
	buf_addf(&o->text, "%s=%.*s ", m->name, (int)m->len, m->data);
	return strlen(o->want) == m->len && memcmp(o->want, m->data, m->len) == 0 ? 9 : 0;
}

static void assert_lookup(struct maildir_lookup *l, const char *name, const char *want, int rc,
                          const char *offered)
{
	struct offers o = { .want = want };
	struct err e;
	assert_int_equal(maildir_lookup(l, name, take_offer, &o, &e), rc);
	assert_string_equal(buf_cstr(&o.text), offered);
	buf_free(&o.text);
}

static void a_mail_is_found_by_the_name_it_had(void **state)
{
	struct maildir_lookup *l;
	struct err e;
	(void)state;
	make_maildir("md");
	put_file("md/cur/a:2,S", BYTES("A"));
	put_file("md/cur/b:2,", BYTES("B"));
	put_file("md/new/c", BYTES("C"));
	put_file("md/cur/c:2,", BYTES("c"));
	assert_int_equal(maildir_lookup_open("md", &l, &e), 0);
	assert_lookup(l, "b:2,", "B", 9, "b:2,=B ");
	assert_lookup(l, "a", "A", 9, "a:2,S=A ");
	assert_int_equal(rename("md/cur/a:2,S", "md/cur/a:2,FS"), 0);
	assert_lookup(l, "a:2,S", "A", 9, "a:2,FS=A ");
	assert_lookup(l, "c:2,T", "c", 9, "c=C c:2,=c ");
	assert_lookup(l, "b:2,", "other", 0, "b:2,=B b:2,=B ");
	assert_int_equal(unlink("md/cur/b:2,"), 0);
	assert_lookup(l, "b:2,", "B", 0, "");
	maildir_lookup_close(l);
	assert_int_equal(maildir_lookup_open("nowhere", &l, &e), -ENOENT);
}

#define IN_TMP(f) cmocka_unit_test_setup_teardown(f, enter_tmp, leave_tmp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TMP(mail_comes_by_name_with_flags),
		IN_TMP(what_is_no_mail_is_skipped),
		IN_TMP(a_renamed_mail_is_found_again),
		IN_TMP(a_mail_that_appears_twice_is_read_once),
		IN_TMP(an_unreadable_mail_costs_only_itself),
		IN_TMP(the_sink_can_stop_it),
		IN_TMP(one_of_the_directories_is_enough),
		IN_TMP(a_mail_is_found_by_the_name_it_had),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
