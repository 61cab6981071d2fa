/* Many changes at once: nothing is lost, and memory does not follow their number. */
#include "serving.h"

enum { PROCESSES = 4, ROUNDS = 4 };

/* LEI_BURST: renames in all. */
static int renames(void)
{
	const char *text = getenv("LEI_BURST");

	return text ? atoi(text) : 800;
}

static long peak_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static void name_of(int i, int round, char name[64])
{
	static const char *const flags[] = { "", "S", "FS", "F", "RS" };

	snprintf(name, 64, "a/cur/%d:2,%s", i, flags[round]);
}

/* What each of four mail readers does: its part of the files, over and over. */
static void flip_all(struct place *p, int part, int nfiles)
{
	char from[64], to[64];

	for (int round = 0; round < ROUNDS; round++)
		for (int i = part; i < nfiles; i += PROCESSES) {
			name_of(i, round, from);
			name_of(i, round + 1, to);
			if (rename(path_in(p, from), path_in(p, to)) < 0)
				_exit(1);
		}
	_exit(0);
}

static int count_agreeing(void *rock, const struct sync_file *f)
{
	*(int *)rock += f->base == (KW_ANSWERED | KW_SEEN) && f->kw == f->base;
	return 0;
}

static void a_burst_of_renames(void **state)
{
	struct place *p = *state;
	struct watching x = { .p = p };
	int nfiles = renames() / ROUNDS, agreeing = 0;
	struct store *s = NULL;
	struct err e = { 0 };
	pid_t pids[PROCESSES];
	char name[64], subject[32];

	make_box(p, "a");
	for (int i = 0; i < nfiles; i++) {
		name_of(i, 0, name);
		snprintf(subject, sizeof(subject), "m%d", i);
		write_mail(p, name, subject);
	}
	watch_box(&x, "a", "import-rw");
	watching_start(&x);
	barrier(&x);
	long before = peak_kib(x.pid);
	for (int k = 0; k < PROCESSES; k++)
		if ((pids[k] = fork()) == 0)
			flip_all(p, k, nfiles);
	for (int k = 0; k < PROCESSES; k++) {
		int status;
		assert_int_equal(waitpid(pids[k], &status, 0), pids[k]);
		assert_int_equal(status, 0);
	}
	barrier(&x);
	print_message("# peak %ld KiB after the scan, %ld KiB after the burst\n", before,
	              peak_kib(x.pid));
	assert_true(peak_kib(x.pid) < before + 16 * 1024);
	assert_int_equal(store_open(p->d->store, &s, &e), 0);
	assert_int_equal(sync_files(s, url_of(p, "a"), count_agreeing, &agreeing, &e), 0);
	store_close(s);
	assert_int_equal(agreeing, nfiles);
	assert_int_equal(watching_end(&x), WATCH_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_of_renames, place_setup, place_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
