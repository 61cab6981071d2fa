/* lei sucks: what somebody who is asked for help needs to know of this machine.  No names, no paths. */
#include "config.h"
#include "terminal.h"

#include <bzlib.h>
#include <gmime/gmime.h>
#include <jansson.h>
#include <lzma.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static void add_system(struct buf *out)
{
	struct utsname u = { .sysname = "?" };
	uname(&u);
	buf_addf(out, "%s %s / %s ptrsize=%zu nproc=%ld\n", u.sysname, u.release, u.machine,
	         sizeof(void *), sysconf(_SC_NPROCESSORS_ONLN));
#ifdef __VERSION__
	buf_addf(out, "C compiler %s\n", __VERSION__);
#endif
}

/* "git version 2.39.5" */
static void add_git(struct buf *out)
{
	static const char *const argv[] = { "git", "--version", NULL };
	struct buf text = { 0 };
	struct err e;
	bool there = run_program(argv, &text, &e) == 0;
	buf_adds(out, there ? buf_cstr(&text) : "git missing\n");
	buf_free(&text);
}

static void add_libraries(struct buf *out)
{
	buf_addf(out, "SQLite %s / GMime %u.%u.%u / jansson %s\n", sqlite3_libversion(),
	         gmime_major_version, gmime_minor_version, gmime_micro_version, JANSSON_VERSION);
	buf_addf(out, "zlib %s / bzip2 %s / xz %s / zstd %s\n", zlibVersion(), BZ2_bzlibVersion(),
	         lzma_version_string(), ZSTD_versionString());
}

int cmd_sucks(struct cmd *c)
{
	struct buf out = { 0 };
	struct err e = { .text = "" };
	buf_addf(&out, "lei %s\n", LEI_VERSION);
	add_system(&out);
	add_git(&out);
	add_libraries(&out);
	buf_adds(&out, "Please put this into a report, with the command, what it said, and what "
	               "you expected.\n");
	int rc = isatty(STDOUT_FILENO) ? pager_start(c, &e) : 0;
	if (rc == 0)
		rc = buf_ok(&out) ? cmd_write(out.data, out.len, &e)
		                  : err_set(&e, -ENOMEM, "out of memory");
	buf_free(&out);
	return rc < 0 ? cmd_fail_err(c, &e) : 0;
}
