#include "fixture.h"

#include "mail/writer.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

#define OID "0123456789012345678901234567890123456789"
#define OID2 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
#define LINE(fmt) "From " OID "@" fmt " Thu Jan  1 00:00:00 1970\n"
#define OLD_FROM "From a@b Thu Jan  1 00:00:00 1970\n"

static struct out_mail mail(const char *text, const char *oid, kw_set kw)
{
	return (struct out_mail){ .data = text, .len = strlen(text), .oid = oid, .kw = kw };
}

/* One mail to path; the return code of the first step that failed. */
static int write_one(const char *path, enum mail_format f, enum writer_mode mode, struct out_mail m,
                     struct err *e)
{
	struct mail_writer *w;
	int rc = mail_writer_path(path, f, &(struct writer_opts){ .mode = mode }, &w, e);
	if (rc < 0)
		return rc;
	rc = mail_writer_put(w, &m, e);
	if (rc < 0) {
		mail_writer_abort(w);
		return rc;
	}
	return mail_writer_close(w, e);
}

static void assert_file(const char *path, const char *want)
{
	char *got = get_file(path);
	assert_string_equal(got, want);
	free(got);
}

/* The names in a directory, sorted, one per line; nothing else is there. */
static void assert_dir(const char *path, const char *want)
{
	struct dirent **v;
	struct buf b = { 0 };
	int n = scandir(path, &v, NULL, alphasort);
	assert_true(n >= 2);
	for (int i = 0; i < n; i++) {
		if (strcmp(v[i]->d_name, ".") != 0 && strcmp(v[i]->d_name, "..") != 0)
			buf_addf(&b, "%s\n", v[i]->d_name);
		free(v[i]);
	}
	free(v);
	assert_string_equal(buf_cstr(&b), want);
	buf_free(&b);
}

/* ---- mbox ------------------------------------------------------------------------------- */

static void each_format_has_its_dress(void **state)
{
	static const struct {
		enum mail_format f;
		kw_set kw;
		const char *in, *want;
	} rows[] = {
		{ MAIL_MBOXRD, KW_SEEN | KW_FLAGGED, "A: b\n\nFrom x\n>From y\nz From \n",
		  LINE(
		      "mboxrd") "A: b\nStatus: RO\nX-Status: F\n\n>From x\n>>From y\nz From \n\n" },
		{ MAIL_MBOXO, 0, "A: b\n\nFrom x\n>From y\n",
		  LINE("mboxo") "A: b\nStatus: O\n\n>From x\n>From y\n\n" },
		{ MAIL_MBOXCL, 0, "A: b\n\nFrom x\n>From y\n",
		  LINE("mboxcl") "A: b\nStatus: O\nContent-Length: 16\nLines: 2\n\n>From x\n>From "
		                 "y\n\n" },
		{ MAIL_MBOXCL2, KW_FORWARDED, "A: b\n\nFrom x\n>From y",
		  LINE("mboxcl2") "A: b\nStatus: O\nContent-Length: 14\nLines: 1\n\nFrom x\n>From "
		                  "y\n" },
		/* no body, empty body, no header */
		{ MAIL_MBOXRD, 0, "A: b\n", LINE("mboxrd") "A: b\nStatus: O\n\n" },
		{ MAIL_MBOXRD, 0, "A: b\n\n", LINE("mboxrd") "A: b\nStatus: O\n\n\n" },
		{ MAIL_MBOXCL2, 0, "A: b\n",
		  LINE("mboxcl2") "A: b\nStatus: O\nContent-Length: 0\nLines: 0\n\n\n" },
		{ MAIL_MBOXRD, 0, "\ntext\n", LINE("mboxrd") "Status: O\n\n\ntext\n\n" },
		/* fields that are ours replace older ones, an old separator goes */
		{ MAIL_MBOXO, 0, "Lines: 7\n 8\nA: b\nstatus: R\nX-Status: A\nBytes: 1\nC: d\n\n",
		  LINE("mboxo") "A: b\nC: d\nStatus: O\n\n\n" },
		{ MAIL_MBOXO, 0, "\nFrom a@b x\nA: b\n\n", LINE("mboxo") "A: b\nStatus: O\n\n\n" },
		/* escapes in the header, where readers take them off too */
		{ MAIL_MBOXRD, 0, "A: b\n>From x\nLines: 1\nFrom y\nplain\nFrom z\n\n",
		  LINE("mboxrd") "A: b\n>>From x\nplain\n>From z\nStatus: O\n\n\n" },
		{ MAIL_MBOXO, 0, "A: b\n>From x\nFrom y\n\n",
		  LINE("mboxo") "A: b\n>From x\n>From y\nStatus: O\n\n\n" },
		{ MAIL_MBOXCL, 0, "A: b\nFrom y\n\n",
		  LINE("mboxcl") "A: b\nFrom y\nStatus: O\nContent-Length: 0\nLines: 0\n\n\n" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = { "" };
		int rc = write_one("box", rows[i].f, WRITER_REPLACE,
		                   mail(rows[i].in, OID, rows[i].kw), &e);
		if (rc < 0)
			fail_msg("row %zu: %s", i, e.text);
		assert_file("box", rows[i].want);
	}
	assert_dir(".", "box\n");
}

static void line_ends_are_the_messages_own(void **state)
{
	(void)state;
	assert_int_equal(write_one("box", MAIL_MBOXCL, WRITER_REPLACE,
	                           mail("A: b\r\n\r\nFrom x\r\n", NULL, KW_DRAFT), NULL),
	                 0);
	assert_file("box", "From lei@mboxcl Thu Jan  1 00:00:00 1970\r\nA: b\r\nStatus: O\r\n"
	                   "X-Status: T\r\nContent-Length: 9\r\nLines: 1\r\n\r\n>From x\r\n\r\n");
}

static void what_is_written_reads_back(void **state)
{
	static const char *const texts[] = {
		"A: b\n\nFrom x\n>From y\n>>>From z\n\n\n",
		"A: b\n",
		"A: b\n\n",
		"A: b\r\n\r\nx\r\n",
		"A: b\nFrom a@b Thu Jan  1 00:00:00 1970\n\n\nFrom a@b Thu Jan  1 00:00:00 1970\n",
	};
	enum { TEXTS = sizeof(texts) / sizeof(*texts) };
	static const enum mail_format formats[] = { MAIL_MBOXRD, MAIL_MBOXCL2 };
	(void)state;
	for (int f = 0; f < 2; f++) {
		struct mail_writer *w;
		struct mails all = { 0 };
		struct buf want = { 0 };
		uint64_t n;
		assert_int_equal(mail_writer_path("box", formats[f],
		                                  &(struct writer_opts){ .mode = WRITER_REPLACE },
		                                  &w, NULL),
		                 0);
		for (size_t i = 0; i < TEXTS; i++) {
			struct out_mail m = mail(texts[i], OID, i % 2 ? KW_SEEN : KW_ANSWERED);
			if (formats[f] == MAIL_MBOXCL2 && i == 1)
				continue; /* gains a blank line, as Content-Length: 0 needs one */
			assert_int_equal(mail_writer_put(w, &m, NULL), 0);
			buf_addf(&want, "[%c]%s|", i % 2 ? 's' : 'a', texts[i]);
		}
		assert_int_equal(mail_writer_close(w, NULL), 0);
		assert_int_equal(mail_read_path("box", formats[f], collect, &all, &n, NULL), 0);
		assert_mails(&all, buf_cstr(&want));
		buf_free(&want);
	}
}

static void large_bodies_pass(void **state)
{
	enum { LEN = 1 << 20 };
	struct mail_writer *w;
	struct stat st;
	char *text = malloc(LEN + 1);
	(void)state;
	memset(text, 'x', LEN);
	memcpy(text, "A: b\n\n", 6);
	text[LEN] = '\0';
	for (size_t i = 100; i < LEN; i += 70000)
		memcpy(text + i, "\nFrom x\n", 8);
	struct out_mail m = mail(text, OID, 0);
	assert_int_equal(mail_writer_path("box", MAIL_MBOXRD,
	                                  &(struct writer_opts){ .mode = WRITER_REPLACE }, &w,
	                                  NULL),
	                 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(mail_writer_put(w, &m, NULL), 0);
	assert_int_equal(mail_writer_close(w, NULL), 0);
	assert_int_equal(stat("box", &st), 0);
	assert_int_equal(st.st_size, 3 * (LEN + strlen(LINE("mboxrd") "Status: O\n\n") + 15));
	free(text);
}

static void a_file_is_replaced_at_the_end(void **state)
{
	struct mail_writer *w;
	struct stat st;
	struct out_mail m = mail("A: b\n", OID, 0);
	(void)state;
	put_file("real", BYTES("old"));
	assert_int_equal(chmod("real", 0640), 0);
	assert_int_equal(symlink("real", "box"), 0);

	assert_int_equal(mail_writer_path("box", MAIL_MBOXRD,
	                                  &(struct writer_opts){ .mode = WRITER_REPLACE }, &w,
	                                  NULL),
	                 0);
	assert_int_equal(mail_writer_put(w, &m, NULL), 0);
	assert_file("box", "old");
	mail_writer_abort(w);
	assert_file("box", "old");
	assert_dir(".", "box\nreal\n");

	assert_int_equal(write_one("box", MAIL_MBOXRD, WRITER_REPLACE, m, NULL), 0);
	assert_int_equal(lstat("box", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("real", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_file("real", LINE("mboxrd") "A: b\nStatus: O\n\n");
	assert_dir(".", "box\nreal\n");
}

static void augmenting_appends(void **state)
{
	static const struct {
		const char *old, *want;
	} rows[] = {
		{ NULL, LINE("mboxrd") "A: b\nStatus: RO\n\n" },
		{ "", LINE("mboxrd") "A: b\nStatus: RO\n\n" },
		{ "\n\n", LINE("mboxrd") "A: b\nStatus: RO\n\n" },
		/* what joins older mail is recent; a blank line is between */
		{ OLD_FROM "C: d\n\n", OLD_FROM "C: d\n\n" LINE("mboxrd") "A: b\nStatus: R\n\n" },
		{ OLD_FROM "C: d\n", OLD_FROM "C: d\n\n" LINE("mboxrd") "A: b\nStatus: R\n\n" },
		{ OLD_FROM "C: d", OLD_FROM "C: d\n\n" LINE("mboxrd") "A: b\nStatus: R\n\n" },
		{ OLD_FROM "C: d\r\n\r\n",
		  OLD_FROM "C: d\r\n\r\n" LINE("mboxrd") "A: b\nStatus: R\n\n" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unlink("box");
		if (rows[i].old)
			put_file("box", rows[i].old, strlen(rows[i].old));
		assert_int_equal(write_one("box", MAIL_MBOXRD, WRITER_AUGMENT,
		                           mail("A: b\n", OID, KW_SEEN), NULL),
		                 0);
		assert_file("box", rows[i].want);
	}
}

static void appended_mail_is_old(void **state)
{
	(void)state;
	put_file("box", BYTES(OLD_FROM "C: d\n\n"));
	assert_int_equal(
	    write_one("box", MAIL_MBOXRD, WRITER_APPEND, mail("A: b\n", OID, KW_SEEN), NULL), 0);
	assert_file("box", OLD_FROM "C: d\n\n" LINE("mboxrd") "A: b\nStatus: RO\n\n");
	assert_int_equal(write_one("md", MAIL_MAILDIR, WRITER_APPEND, mail("A: 1\n", OID, 0), NULL),
	                 0);
	assert_int_equal(
	    write_one("md", MAIL_MAILDIR, WRITER_APPEND, mail("A: 2\n", OID2, 0), NULL), 0);
	assert_dir("md/cur", OID ":2,\n" OID2 ":2,\n");
	assert_dir("md/new", "");
}

static void nothing_is_added_to_what_is_no_mbox(void **state)
{
	struct err e = { "" };
	(void)state;
	put_file("box", BYTES("diary\n"));
	assert_int_equal(write_one("box", MAIL_MBOXRD, WRITER_AUGMENT, mail("A: b\n", OID, 0), &e),
	                 -EINVAL);
	assert_string_equal(e.text, "box: not an mbox, so nothing is added to it");
	assert_file("box", "diary\n");
	assert_dir(".", "box\n");
}

static void mail_that_comes_meanwhile_is_kept(void **state)
{
	struct mail_writer *w;
	struct err e = { "" };
	(void)state;
	put_file("box", BYTES(OLD_FROM "C: d\n\n"));
	assert_int_equal(mail_writer_path("box", MAIL_MBOXRD,
	                                  &(struct writer_opts){ .mode = WRITER_AUGMENT }, &w, &e),
	                 0);
	put_file("box", BYTES(OLD_FROM "C: d\n\n" OLD_FROM "E: f\n\n"));
	assert_int_equal(mail_writer_close(w, &e), -EBUSY);
	assert_string_equal(e.text, "box: changed meanwhile, so it is left as it is");
	assert_file("box", OLD_FROM "C: d\n\n" OLD_FROM "E: f\n\n");
	assert_dir(".", "box\n");
}

static void compressed_is_written_by_name(void **state)
{
	static const struct {
		const char *name, *magic;
	} rows[] = { { "x.gz", "\x1f\x8b" },
		     { "x.BZ2", "BZh" },
		     { "x.xz", "\xfd"
		               "7zXZ" },
		     { "x.zst", "\x28\xb5\x2f\xfd" } };
	struct mails all = { 0 };
	struct err e = { "" };
	uint64_t n;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = rows[i].name;
		assert_int_equal(
		    write_one(name, MAIL_MBOXRD, WRITER_REPLACE, mail("A: b\n", OID, 0), NULL), 0);
		assert_int_equal(
		    write_one(name, MAIL_MBOXRD, WRITER_AUGMENT, mail("C: d\n", OID, 0), NULL), 0);
		char *raw = get_file(name);
		assert_memory_equal(raw, rows[i].magic, strlen(rows[i].magic));
		free(raw);
		assert_int_equal(mail_read_path(name, MAIL_MBOXRD, collect, &all, &n, &e), 0);
		assert_mails(&all, "[]A: b\n|[]C: d\n|");
	}
}

static void special_files_are_written_directly(void **state)
{
	struct err e = { "" };
	char buf[256];
	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	errno = ENOENT; /* what an earlier call has left says nothing */
	int fd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(write_one("fifo", MAIL_MBOXRD, WRITER_REPLACE, mail("A: b\n", OID, 0), &e),
	                 0);
	ssize_t n = read(fd, buf, sizeof(buf));
	assert_int_equal(n, strlen(LINE("mboxrd") "A: b\nStatus: O\n\n"));
	close(fd);
	assert_int_equal(write_one("fifo", MAIL_MBOXRD, WRITER_AUGMENT, mail("A: b\n", OID, 0), &e),
	                 -ESPIPE);
	struct stat st;
	assert_int_equal(lstat("fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));

	fd = fd_of("", 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(
	    write_one("/dev/fd/0", MAIL_MBOXRD, WRITER_REPLACE, mail("A: b\n", OID, 0), &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), n);
	close(fd);
}

static void refused(const char *path, enum mail_format f, int rc, const char *text)
{
	struct err e = { "" };
	assert_int_equal(write_one(path, f, WRITER_REPLACE, mail("A: b\n", OID, 0), &e), rc);
	assert_string_equal(e.text, text);
}

static void what_cannot_be_written_is_told(void **state)
{
	struct mail_writer *w;
	struct err e = { "" };
	(void)state;
	put_file("file", BYTES("x"));
	refused(".", MAIL_MBOXRD, -EISDIR, "cannot write .: Is a directory");
	refused("no/box", MAIL_MBOXRD, -ENOENT, "cannot write no/box: No such file or directory");
	refused("file/box", MAIL_MBOXRD, -ENOTDIR, "cannot write file/box: Not a directory");
	refused("file", MAIL_MAILDIR, -ENOTDIR, "cannot make maildir file: Not a directory");
	refused("file", MAIL_UNKNOWN, -EINVAL, "file: a file, so name its format (mboxrd:file)");
	refused("x", MAIL_EML, -EINVAL, "cannot write eml to x");
	assert_int_equal(mail_writer_fd(1, "out", MAIL_MAILDIR, &w, &e), -EINVAL);
	assert_string_equal(e.text, "cannot write maildir to out");
	assert_dir(".", "file\n");
}

/* ---- output that fails ------------------------------------------------------------------ */

static void a_closed_pipe_is_told(void **state)
{
	struct mail_writer *w;
	struct err e = { "" };
	int p[2];
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	close(p[0]);
	struct out_mail m = mail("A: b\n", OID, 0);
	assert_int_equal(mail_writer_fd(p[1], "stdout", MAIL_MBOXRD, &w, &e), 0);
	assert_int_equal(mail_writer_put(w, &m, &e), 0);
	assert_int_equal(mail_writer_close(w, &e), -EPIPE);
	assert_string_equal(e.text, "cannot write stdout: Broken pipe");
	close(p[1]);
}

static void a_full_disk_is_told(void **state)
{
	struct mail_writer *w;
	struct err e = { "" };
	struct out_mail m = mail("A: b\n", OID, 0);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	(void)state;
	assert_int_equal(mail_writer_fd(fd, "full", MAIL_MBOXRD, &w, &e), 0);
	int rc = 0;
	for (int i = 0; rc == 0 && i < 100000; i++)
		rc = mail_writer_put(w, &m, &e);
	assert_int_equal(rc, -ENOSPC);
	e.text[0] = '\0';
	assert_int_equal(mail_writer_put(w, &m, &e), -ENOSPC); /* not forgotten */
	assert_int_equal(mail_writer_close(w, &e), -ENOSPC);
	assert_string_equal(e.text, "cannot write full: No space left on device");
	close(fd);
}

/* A limit on file sizes stands for a disk that fills up. */
static void what_was_there_survives_a_failure(void **state)
{
	struct rlimit was, small;
	struct err e = { "" };
	char *text = malloc(200001);
	(void)state;
	memset(text, 'x', 200000);
	memcpy(text, "A: b\n\n", 6);
	text[200000] = '\0';
	put_file("box", BYTES("old"));
	assert_int_equal(mkdir("md", 0700), 0);
	assert_int_equal(
	    write_one("md", MAIL_MAILDIR, WRITER_REPLACE, mail("A: b\n", OID, 0), NULL), 0);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){ 100000, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int box = write_one("box", MAIL_MBOXRD, WRITER_REPLACE, mail(text, OID, 0), &e);
	int md = write_one("md", MAIL_MAILDIR, WRITER_REPLACE, mail(text, OID2, 0), &e);
	int fresh = write_one("fresh", MAIL_MAILDIR, WRITER_REPLACE, mail(text, OID2, 0), &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);

	assert_int_equal(box, -EFBIG);
	assert_int_equal(md, -EFBIG);
	assert_int_equal(fresh, -EFBIG);
	assert_string_equal(e.text, "cannot write to fresh: File too large");
	assert_file("box", "old");
	assert_dir(".", "box\nmd\n");
	assert_dir("md/tmp", "");
	assert_dir("md/cur", OID ":2,\n");
	free(text);
}

/* ---- Maildir ---------------------------------------------------------------------------- */

static void a_maildir_is_made(void **state)
{
	struct stat st;
	(void)state;
	assert_int_equal(write_one("a/b/md/", MAIL_MAILDIR, WRITER_REPLACE,
	                           mail("A: b\n", OID, KW_SEEN | KW_ANSWERED | KW_JUNK), NULL),
	                 0);
	assert_dir("a/b/md", "cur\nnew\ntmp\n");
	assert_dir("a/b/md/cur", OID ":2,RS\n");
	assert_dir("a/b/md/new", "");
	assert_dir("a/b/md/tmp", "");
	assert_file("a/b/md/cur/" OID ":2,RS", "A: b\n");
	assert_int_equal(stat("a/b/md/cur", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static int note_written(void *rock, const struct written *f, struct err *e)
{
	struct buf *told = rock;
	(void)e;
	if (f->gone)
		buf_addf(told, "-%s\n", f->name);
	else
		buf_addf(told, "%s %.1s %u\n", f->name, f->oid, (unsigned)f->kw);
	return 0;
}

static void old_mail_goes_when_new_mail_is_there(void **state)
{
	struct mail_writer *w;
	struct buf told = { 0 };
	struct out_mail one = mail("A: 1\n", OID, 0), two = mail("A: 2\n", OID2, KW_SEEN);
	(void)state;
	assert_int_equal(write_one("md", MAIL_MAILDIR, WRITER_REPLACE, one, NULL), 0);
	put_file("md/cur/old:2,S", BYTES("x"));
	put_file("md/new/old2", BYTES("x"));
	put_file("md/cur/trash:2,T", BYTES("x"));
	put_file("md/cur/.dot", BYTES("x"));
	put_file("md/cur/odd:1,S", BYTES("x"));

	assert_int_equal(mail_writer_path("md", MAIL_MAILDIR,
	                                  &(struct writer_opts){ .mode = WRITER_REPLACE }, &w,
	                                  NULL),
	                 0);
	mail_writer_tell(w, note_written, &told);
	assert_int_equal(mail_writer_put(w, &one, NULL), 0); /* the same name again */
	assert_int_equal(mail_writer_put(w, &two, NULL), 0);
	put_file("md/new/late", BYTES("x")); /* came while we wrote */
	assert_dir("md/cur", ".dot\n" OID ":2,\nodd:1,S\nold:2,S\ntrash:2,T\n");
	assert_int_equal(mail_writer_close(w, NULL), 0);
	assert_dir("md/cur", ".dot\n" OID ":2,\n" OID2 ":2,S\nodd:1,S\ntrash:2,T\n");
	assert_dir("md/new", "late\n");
	assert_dir("md/tmp", "");
	assert_string_equal(buf_cstr(&told), "-old2\n-old:2,S\n" OID ":2, 0 0\n" OID2 ":2,S a 1\n");
	buf_free(&told);
}

static void augmenting_adds_to_new(void **state)
{
	struct mail_writer *w;
	struct out_mail one = mail("A: 1\n", OID, 0), two = mail("A: 2\n", OID2, 0);
	struct out_mail seen = mail("A: 3\n", "1111111111222222222233333333334444444444", KW_SEEN);
	(void)state;
	assert_int_equal(write_one("md", MAIL_MAILDIR, WRITER_AUGMENT, one, NULL), 0);
	assert_dir("md/cur", OID ":2,\n"); /* nothing to join: no mail reader is disturbed */
	assert_int_equal(rename("md/cur/" OID ":2,", "md/cur/" OID ":2,F"), 0);

	assert_int_equal(mail_writer_path("md", MAIL_MAILDIR,
	                                  &(struct writer_opts){ .mode = WRITER_AUGMENT }, &w,
	                                  NULL),
	                 0);
	assert_int_equal(mail_writer_put(w, &two, NULL), 0);
	assert_int_equal(mail_writer_put(w, &seen, NULL), 0);
	assert_int_equal(mail_writer_close(w, NULL), 0);
	assert_dir("md/cur", OID ":2,F\n1111111111222222222233333333334444444444:2,S\n");
	assert_dir("md/new", OID2 ":2,\n");
}

static void equal_names_are_told_apart(void **state)
{
	struct mail_writer *w;
	struct mails all = { 0 };
	struct out_mail one = mail("A: 1\n", OID, 0), two = mail("A: 2\n", OID, 0),
			none = mail("A: 3\n", NULL, 0);
	uint64_t n;
	(void)state;
	assert_int_equal(mail_writer_path("md", MAIL_UNKNOWN,
	                                  &(struct writer_opts){ .mode = WRITER_REPLACE }, &w,
	                                  NULL),
	                 0);
	assert_int_equal(mail_writer_put(w, &one, NULL), 0);
	assert_int_equal(mail_writer_put(w, &two, NULL), 0);
	assert_int_equal(mail_writer_put(w, &none, NULL), 0);
	assert_int_equal(mail_writer_put(w, &none, NULL), 0);
	assert_int_equal(mail_writer_close(w, NULL), 0);
	assert_int_equal(mail_read_path("md", MAIL_UNKNOWN, collect, &all, &n, NULL), 0);
	assert_int_equal(n, 4);
	buf_free(&all.text);
}

static void aborting_leaves_nothing(void **state)
{
	struct mail_writer *w;
	struct out_mail m = mail("A: 1\n", OID, 0);
	(void)state;
	assert_int_equal(mail_writer_path("md", MAIL_MAILDIR,
	                                  &(struct writer_opts){ .mode = WRITER_REPLACE }, &w,
	                                  NULL),
	                 0);
	assert_int_equal(mail_writer_put(w, &m, NULL), 0);
	mail_writer_abort(w);
	mail_writer_abort(NULL);
	assert_dir(".", "");
}

#define IN_TMP(f) cmocka_unit_test_setup_teardown(f, enter_tmp, leave_tmp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TMP(each_format_has_its_dress),
		IN_TMP(line_ends_are_the_messages_own),
		IN_TMP(what_is_written_reads_back),
		IN_TMP(large_bodies_pass),
		IN_TMP(a_file_is_replaced_at_the_end),
		IN_TMP(augmenting_appends),
		IN_TMP(appended_mail_is_old),
		IN_TMP(nothing_is_added_to_what_is_no_mbox),
		IN_TMP(mail_that_comes_meanwhile_is_kept),
		IN_TMP(compressed_is_written_by_name),
		IN_TMP(special_files_are_written_directly),
		IN_TMP(what_cannot_be_written_is_told),
		IN_TMP(a_closed_pipe_is_told),
		IN_TMP(a_full_disk_is_told),
		IN_TMP(what_was_there_survives_a_failure),
		IN_TMP(a_maildir_is_made),
		IN_TMP(old_mail_goes_when_new_mail_is_there),
		IN_TMP(augmenting_adds_to_new),
		IN_TMP(equal_names_are_told_apart),
		IN_TMP(aborting_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
