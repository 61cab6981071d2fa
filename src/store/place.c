/* Where a store may be: beside the original's, never in it. */
#include "search.h"

#include "../base/err.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int store_default_dir(const char *xdg_data_home, const char *home, char *buf, size_t cap)
{
	int n;

	if (xdg_data_home && *xdg_data_home)
		n = snprintf(buf, cap, "%s/lei/cstore", xdg_data_home);
	else if (home && *home)
		n = snprintf(buf, cap, "%s/.local/share/lei/cstore", home);
	else
		return -ENOENT;
	return (size_t)n >= cap ? -ENAMETOOLONG : 0;
}

/* Entries that only public-inbox makes: lei/store has ALL.git, ei.lock, ei15/ and
 * mail_sync.sqlite3; ei15/ has over.sqlite3 and numbered shards; inboxes have the rest. */
static bool is_mark(const char *name)
{
	static const char *const exact[] = { "ALL.git",        "ei.lock",     "mail_sync.sqlite3",
		                             "over.sqlite3",   "all.git",     "inbox.lock",
		                             "msgmap.sqlite3", "public-inbox" };
	static const char *const numbered[] = { "ei", "xap", "xapian" };

	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++)
		if (!strcmp(name, exact[i]))
			return true;
	for (size_t i = 0; i < sizeof(numbered) / sizeof(*numbered); i++) {
		size_t n = strlen(numbered[i]);
		const char *digits = name + n;
		if (!strncmp(name, numbered[i], n) && isdigit((unsigned char)*digits) &&
		    digits[strspn(digits, "0123456789")] == '\0')
			return true;
	}
	return false;
}

static bool holds_original(const char *dir, char found[NAME_MAX + 1])
{
	DIR *d = opendir(dir);
	bool yes = false;

	if (!d)
		return false;
	for (struct dirent *de; !yes && (de = readdir(d));)
		if (is_mark(de->d_name)) {
			snprintf(found, NAME_MAX + 1, "%s", de->d_name);
			yes = true;
		}
	closedir(d);
	return yes;
}

bool store_is_original(const char *dir)
{
	char found[NAME_MAX + 1];

	return holds_original(dir, found);
}

/* Cut the last component off; false when nothing is left to cut. */
static bool cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

int store_check_place(const char *dir, struct err *e)
{
	char part[PATH_MAX], real[PATH_MAX], found[NAME_MAX + 1];

	if ((size_t)snprintf(part, sizeof(part), "%s", dir) >= sizeof(part))
		return err_sys(e, ENAMETOOLONG, "store directory");
	size_t n = strlen(part);
	while (n > 1 && part[n - 1] == '/')
		part[--n] = '\0';
	while (!realpath(part, real)) {
		if (errno != ENOENT || !strcmp(part, "."))
			return err_sys(e, errno, "store directory '%s'", dir);
		if (!cut_last(part))
			strcpy(part, "."); /* a relative name, all of it new */
	}
	do {
		if (holds_original(real, found))
			return err_set(e, -EEXIST,
			               "'%s' belongs to public-inbox (it has '%s'); "
			               "a store of this program must be elsewhere, not in '%s'",
			               real, found, dir);
	} while (cut_last(real));
	return 0;
}
