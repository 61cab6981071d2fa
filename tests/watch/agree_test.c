/* Both sides agree, whatever happens: mail readers and the store change things at random, the watcher
 * is killed at random moments, and in the end a model tells what all of it must have come to.
 *
 * A period is a run of changes with a barrier behind it.  Within one no keyword of a message is
 * changed twice, so there is one right answer.  LEI_SEED repeats a run, LEI_PERIODS makes it longer. */
#include "serving.h"

#include "mail/maildir.h"

#include <time.h>

enum { BOXES = 3, FILES_MAX = 400, MESSAGES_MAX = 200, FLAGS = 5, OPS = 40 };

static const char *const boxes[BOXES] = { "a", "b", "c" };
static const char *const states[BOXES] = { "import-rw", "import-rw", "tag-rw" };

struct mail_model {
	kw_set kw;
	kw_set touched; /* in this period */
	char oid[41];
};
struct file_model {
	int box, mail;
	bool gone;
};
struct world {
	struct place *p;
	struct watching x;
	uint64_t dice;
	struct mail_model mails[MESSAGES_MAX];
	struct file_model files[FILES_MAX]; /* the index is the unique part */
	int nmails, nfiles, old_mails; /* old: there when the period began */
	int kills, flips, retries;
};

/* ---- dice ---- */

static unsigned roll(struct world *w, unsigned sides)
{
	w->dice = w->dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(w->dice >> 33) % sides;
}

/* ---- files ---- */

struct seeking {
	const char *unique;
	char *ret;
};

static int seek_name(void *rock, const char *name)
{
	struct seeking *s = rock;
	size_t n = strlen(s->unique);

	if (strncmp(name, s->unique, n) == 0 && (!name[n] || name[n] == ':'))
		snprintf(s->ret, 64, "%s", name);
	return 0;
}

/* Where file i is now: "cur" or "new", and its name.  NULL in the middle of a rename. */
static const char *find_file(const struct world *w, int i, char name[64])
{
	static const char *const subs[] = { "cur", "new" };
	char unique[16], dir[32];

	snprintf(unique, sizeof(unique), "%d", i);
	for (int k = 0; k < 2; k++) {
		snprintf(dir, sizeof(dir), "%s/%s", boxes[w->files[i].box], subs[k]);
		int fd = open(path_in(w->p, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(fd >= 0);
		name[0] = '\0';
		maildir_each_name(fd, seek_name, &(struct seeking){ unique, name });
		close(fd);
		if (name[0])
			return subs[k];
	}
	return NULL;
}

/* Rename it within its box to cur/ with these flags; false when somebody was quicker. */
static bool rename_file(struct world *w, int i, const char *sub, const char *name,
                        const char *flags)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/%s/%s", boxes[w->files[i].box], sub, name);
	snprintf(to, sizeof(to), "%s/cur/%d:2,%s", boxes[w->files[i].box], i, flags);
	if (rename(path_in(w->p, from), path_in(w->p, to)) == 0)
		return true;
	assert_int_equal(errno, ENOENT);
	w->retries++;
	return false;
}

static void flags_text(const char *name, kw_set kw, bool trash, char out[16])
{
	char ours[8];

	(void)name;
	kw_to_maildir(kw, ours);
	snprintf(out, 16, "%s%s", ours, trash ? "T" : ""); /* T sorts last */
}

static int add_file(struct world *w, int box, int mail)
{
	assert_true(w->nfiles < FILES_MAX);
	w->files[w->nfiles] = (struct file_model){ .box = box, .mail = mail };
	return w->nfiles++;
}

/* ---- what mail readers do ---- */

static void flip(struct world *w, int i)
{
	struct mail_model *m = &w->mails[w->files[i].mail];
	kw_set flag = 1u << roll(w, FLAGS);
	char name[64], flags[16];

	if (m->touched & flag)
		return;
	for (;;) {
		const char *sub = find_file(w, i, name);
		if (!sub)
			continue;
		if (maildir_is_trash(name))
			return;
		flags_text(name, (kw_from_maildir(name) & KW_MAILDIR) ^ flag, false, flags);
		if (rename_file(w, i, sub, name, flags))
			break;
	}
	m->kw ^= flag;
	m->touched |= flag;
	w->flips++;
}

static void look_at(struct world *w, int i) /* from new/ to cur/ */
{
	char name[64], flags[16];
	const char *sub = find_file(w, i, name);

	if (!sub || strcmp(sub, "new") != 0)
		return;
	flags_text(name, kw_from_maildir(name), maildir_is_trash(name), flags);
	rename_file(w, i, sub, name, flags);
}

static void to_trash_or_back(struct world *w, int i)
{
	struct mail_model *m = &w->mails[w->files[i].mail];
	char name[64], flags[16];
	const char *sub = find_file(w, i, name);

	if (m->touched || !sub)
		return;
	flags_text(name, kw_from_maildir(name), !maildir_is_trash(name), flags);
	if (rename_file(w, i, sub, name, flags))
		m->touched = KW_MAILDIR;
}

static void delete_file(struct world *w, int i)
{
	char name[64], path[128];
	const char *sub = find_file(w, i, name);

	if (w->mails[w->files[i].mail].touched || !sub)
		return;
	snprintf(path, sizeof(path), "%s/%s/%s", boxes[w->files[i].box], sub, name);
	if (unlink(path_in(w->p, path)) == 0)
		w->files[i].gone = true;
}

static void mail_text(const struct world *w, int mail, const char *path)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "m%d", mail);
	write_mail(w->p, path, subject);
}

static void place_file(struct world *w, int i, kw_set kw)
{
	char tmp[64], to[96], flags[16];
	const char *box = boxes[w->files[i].box];

	snprintf(tmp, sizeof(tmp), "%s/tmp/%d", box, i);
	mail_text(w, w->files[i].mail, tmp);
	flags_text("", kw, false, flags);
	snprintf(to, sizeof(to), kw ? "%s/cur/%d:2,%s" : "%s/new/%d", box, i, flags);
	move_file(w->p, tmp, to);
}

static void copy(struct world *w, int i)
{
	struct mail_model *m = &w->mails[w->files[i].mail];

	if (m->touched || w->files[i].mail >= w->old_mails)
		return;
	m->touched = KW_MAILDIR;
	place_file(w, add_file(w, (int)roll(w, BOXES), w->files[i].mail), m->kw);
}

static void deliver(struct world *w)
{
	struct mail_model *m = &w->mails[w->nmails];

	assert_true(w->nmails < MESSAGES_MAX);
	m->kw = roll(w, 2) ? 0 : roll(w, KW_MAILDIR + 1);
	m->touched = KW_MAILDIR;
	place_file(w, add_file(w, (int)roll(w, 2), w->nmails++), m->kw);
}

/* ---- what the store does ---- */

static void change_store(struct world *w)
{
	struct mail_model *m = &w->mails[roll(w, (unsigned)w->old_mails)];
	kw_set flag = 1u << roll(w, FLAGS);

	if (m->touched & flag)
		return;
	mark_oid(w->p, m->oid, ~m->kw & flag, m->kw & flag);
	m->kw ^= flag;
	m->touched |= flag;
}

/* ---- and what happens to us ---- */

static void kill_watcher(struct world *w)
{
	kill(w->x.pid, SIGKILL);
	assert_int_equal(watching_end(&w->x), -SIGKILL);
	w->kills++;
}

/* A moment of any length, so that the kill finds it doing anything. */
static void dawdle(struct world *w)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)roll(w, 3000000) }, NULL);
}

/* ---- comparing ---- */

struct verdict {
	struct world *w;
	int box, seen;
};

static int check_known(void *rock, const struct sync_file *f)
{
	struct verdict *v = rock;
	char name[64];
	int i = atoi(f->name);

	assert_in_range(i, 0, v->w->nfiles - 1);
	const struct file_model *file = &v->w->files[i];
	assert_false(file->gone);
	assert_int_equal(file->box, v->box);
	assert_non_null(find_file(v->w, i, name));
	assert_string_equal(f->name, name);
	assert_string_equal(f->oid, v->w->mails[file->mail].oid);
	kw_set kw = v->w->mails[file->mail].kw;
	if ((f->kw & KW_MAILDIR) != kw)
		fail_msg("%s/%s: the store has %x, not %x", boxes[v->box], name, f->kw, kw);
	if (!maildir_is_trash(name) && kw_from_maildir(name) != kw)
		fail_msg("%s/%s: not %x", boxes[v->box], name, kw);
	v->seen++;
	return 0;
}

static int any(void *rock, const struct sync_file *f)
{
	(void)rock;
	fail_msg("%s %s waits to be written", f->url, f->name);
	return 1;
}

static void learn_oids(struct world *w, struct store *s)
{
	struct err e = { 0 };

	for (int i = 0; i < w->nfiles; i++) {
		struct mail_model *m = &w->mails[w->files[i].mail];
		char unique[16];
		snprintf(unique, sizeof(unique), "%d", i);
		if (!m->oid[0] && !w->files[i].gone)
			sync_named(s, url_of(w->p, boxes[w->files[i].box]), unique, strlen(unique),
			           take_oid, m->oid, &e);
	}
}

/* Trash that we never met is not known. */
static int expected_known(const struct world *w, int box)
{
	int n = 0;

	for (int i = 0; i < w->nfiles; i++)
		n += !w->files[i].gone && w->files[i].box == box;
	return n;
}

static void compare(struct world *w)
{
	struct store *s = NULL;
	struct err e = { 0 };
	char name[64];

	assert_int_equal(store_open(w->p->d->store, &s, &e), 0);
	learn_oids(w, s);
	for (int i = 0; i < w->nfiles; i++)
		if (!w->files[i].gone)
			assert_non_null(find_file(w, i, name));
	for (int b = 0; b < BOXES; b++) {
		struct verdict v = { .w = w, .box = b };
		assert_int_equal(sync_files(s, url_of(w->p, boxes[b]), check_known, &v, &e), 0);
		assert_int_equal(v.seen, expected_known(w, b));
	}
	assert_int_equal(sync_outbox(s, any, NULL, &e), 0);
	store_close(s);
}

/* Nothing of what we wrote comes back to us as news: once all agree, nobody moves. */
static void rest(struct world *w)
{
	struct stat before, after;

	for (int b = 0; b < BOXES; b++) {
		char dir[16];
		snprintf(dir, sizeof(dir), "%s/cur", boxes[b]);
		assert_int_equal(stat(path_in(w->p, dir), &before), 0);
		barrier(&w->x);
		assert_int_equal(stat(path_in(w->p, dir), &after), 0);
		assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	}
}

/* ---- periods ---- */

static void change_something(struct world *w)
{
	unsigned what = roll(w, 100);
	int i = (int)roll(w, (unsigned)w->nfiles);

	if (what < 8) {
		deliver(w);
	} else if (what < 25) {
		change_store(w);
	} else if (what < 30) {
		dawdle(w);
	} else if (!w->files[i].gone) {
		if (what < 70)
			flip(w, i);
		else if (what < 80)
			look_at(w, i);
		else if (what < 87)
			to_trash_or_back(w, i);
		else if (what < 92)
			delete_file(w, i);
		else
			copy(w, i);
	}
}

static void live_through(struct world *w)
{
	bool dead = false;

	for (int i = 0; i < w->nmails; i++)
		w->mails[i].touched = 0;
	w->old_mails = w->nmails;
	for (int i = 0; i < OPS; i++) {
		unsigned fate = roll(w, 20);
		if (fate == 0 && !dead)
			kill_watcher(w);
		else if (dead && fate < 4)
			watching_start(&w->x);
		else
			change_something(w);
		dead = w->p->watcher == 0;
	}
	if (dead)
		watching_start(&w->x);
	barrier(&w->x);
	compare(w);
	rest(w);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void both_sides_agree_in_the_end(void **state)
{
	struct world w = { .p = *state, .x = { .p = *state } };
	uint64_t periods = number_from("LEI_PERIODS", 4);

	w.dice = number_from("LEI_SEED", (uint64_t)time(NULL) ^ (uint64_t)getpid());
	print_message("# LEI_SEED=%llu\n", (unsigned long long)w.dice);
	for (int b = 0; b < BOXES; b++) {
		make_box(w.p, boxes[b]);
		watch_box(&w.x, boxes[b], states[b]);
	}
	for (int i = 0; i < 6; i++)
		deliver(&w);
	watching_start(&w.x);
	barrier(&w.x);
	compare(&w);
	for (uint64_t i = 0; i < periods; i++)
		live_through(&w);
	assert_int_equal(watching_end(&w.x), WATCH_END);
	print_message("# %d messages, %d files, %d flips, %d renames lost to us, %d kills\n",
	              w.nmails, w.nfiles, w.flips, w.retries, w.kills);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_sides_agree_in_the_end, place_setup,
		                                place_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
