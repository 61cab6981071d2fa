/* The writer's rows of threads.
 *
 * A thread is what References and In-Reply-To hold together: messages that name one another, or name
 * the same Message-ID, whether or not a message with that one is there.  A Message-ID that was only
 * named is a *ghost*: rows of `mid` and `thread` under a negative docid, until its message comes.
 * So threads depend on the messages alone, and not on the order in which they came. */
#ifndef STORE_INDEX_THREAD_H
#define STORE_INDEX_THREAD_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct index_thread;

/* db must outlive it. */
int index_thread_open(sqlite3 *db, struct index_thread **ret, struct err *e);
void index_thread_close(struct index_thread *t); /* NULL is fine */

/* Within a transaction, once at its beginning and before index_thread_add; these return SQLite result
 * codes. */
int index_thread_begin(struct index_thread *t);
/* A message whose rows in `mid` are there, or one that has got more of them.  Lists are of strings that
 * are each ended by a NUL. */
int index_thread_add(struct index_thread *t, int64_t docid, const char *mids, size_t mids_len,
                     const char *refs, size_t refs_len);
/* A message goes, and has no row in `mid` for this Message-ID any more: others may have named it, and stay
 * together.  Its row in `thread` is the caller's to drop, afterwards. */
int index_thread_part(struct index_thread *t, int64_t docid, const char *mid);
/* The transaction was rolled back. */
void index_thread_reset(struct index_thread *t);

/* All threads made anew of every message there is; `keep`: and of the threads there are, which messages
 * that have been removed may have tied together. */
int index_thread_again(struct index_thread *t, bool keep);
/* Does every thread hold all that it ought to (thread_check.h)? */
int index_thread_whole(struct index_thread *t, bool *ret);
/* The same for a store that is not open yet: 0 or -errno. */
int index_thread_fill(sqlite3 *db, struct err *e);

#endif
