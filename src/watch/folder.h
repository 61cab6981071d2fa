/* A folder: one Maildir that is watched or scanned, and what is still to be looked at in it. */
#ifndef WATCH_FOLDER_H
#define WATCH_FOLDER_H

#include "../store/edit.h"
#include "names.h"
#include "watch.h"

#define FOLDER_SCHEME "maildir:"

struct folder {
	char *url;
	const char *path; /* of the directory, within url */
	struct watch_state state;
	kw_set kw; /* for what it brings */
	const char *labels; /* the setup's */

	/* Names are heard, in any order and more than once; sorted, they become work; those of
	 * the work that are gone without a successor are suspects, until a listing has cleared it. */
	struct names heard, work, suspects;
	size_t at; /* in the work */
	unsigned tries; /* listings that could not clear the suspects */
	struct names failed; /* complained of once */

	int write_rc; /* why keywords could not be written last */

	bool want_scan; /* compare all of it with mail_sync */
	bool scanning; /* that has begun, and is done when nothing is left to be looked at */
	bool doubt; /* something could not be read */
	struct folder_look look; /* what it was like before */
};

int folder_init(struct folder *f, const struct watch_folder *from, struct err *e);
void folder_done(struct folder *f); /* zeroed is fine */
bool folder_busy(const struct folder *f); /* is anything to be looked at? */

/* The descriptors of cur/ and new/; -1 where there is none. */
enum { FOLDER_CUR, FOLDER_NEW, FOLDER_DIRS };
struct folder_dirs {
	int fd[FOLDER_DIRS];
};
extern const char *const folder_dir_names[FOLDER_DIRS];
/* -ENOENT without either of them. */
int folder_open(const struct folder *f, struct folder_dirs *ret, struct err *e);
void folder_close(struct folder_dirs *d);

int folder_look(const struct folder_dirs *d, struct folder_look *ret);
/* Would a change from now on give another look?  Directories' times move in ticks. */
bool folder_look_certain(const struct folder_look *look);
/* Every name of both directories, sorted.  A rename can hide a name from a listing, so they are
 * listed again, a few times, until nothing changes meanwhile; *ret_certain: nothing did. */
int folder_list(const struct folder *f, struct folder_dirs *d, struct names *ret, bool *ret_certain,
                struct err *e);

#endif
