/* The names of a Maildir, for those who read it while others change it.
 *
 * Names change under us: a mail reader moves new/U to cur/U:2,S and changes flags at any time.
 * The part before the colon (U) stays, so a name that is gone is looked up again by it, and the
 * inode tells whether two names with the same U were the same mail. */
#ifndef MAIL_MAILDIR_LIST_H
#define MAIL_MAILDIR_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

struct err;

enum { MAILDIR_SUBDIRS = 2 };
extern const char *const maildir_subdirs[MAILDIR_SUBDIRS]; /* "new", "cur" */

struct maildir_entry {
	char *name;
	size_t unique; /* bytes of name before the colon */
	int dir; /* descriptor of its directory */
};

struct maildir_list { /* zeroed before use; sorted by unique part */
	struct maildir_entry *v;
	size_t n, cap;
	struct timespec stamp[MAILDIR_SUBDIRS]; /* of the directories, before they were listed */
	bool certain; /* any later change gives another stamp */
};

/* Descriptors of the two, -1 for one that is not there; `name` is for messages. */
int maildir_dirs_open(int fd, const char *name, int ret[MAILDIR_SUBDIRS], struct err *e);
void maildir_dirs_close(int dirs[MAILDIR_SUBDIRS]);

/* All names of both directories, in place of those that the list has. */
int maildir_list_fill(struct maildir_list *l, const int dirs[MAILDIR_SUBDIRS]);
/* Would filling it again tell more? */
bool maildir_list_outdated(const struct maildir_list *l, const int dirs[MAILDIR_SUBDIRS]);
void maildir_list_free(struct maildir_list *l);

int maildir_compare_unique(const char *a, size_t a_len, const char *b, size_t b_len);
/* The first whose unique part is not before this one. */
size_t maildir_list_find(const struct maildir_list *l, const char *unique, size_t len);

/* An open descriptor, or -ENOENT; everything that is no regular file is -EISDIR. */
int maildir_open_entry(const struct maildir_entry *en, struct stat *ret);
/* The name of `want` is gone: open the one that it has now, refilling `l` while that may help. */
int maildir_open_again(struct maildir_list *l, const int dirs[MAILDIR_SUBDIRS],
                       const struct maildir_entry *want, struct stat *ret_stat,
                       const struct maildir_entry **ret);
/* The whole file in place of what is in `b`; -EFBIG beyond MAIL_MESSAGE_MAX. */
struct buf;
int maildir_read_file(int fd, const struct stat *st, struct buf *b);

#endif
