/* Do threads hold together what they ought to: each message, all who have its Message-IDs, and those
 * whom it names?  One that holds more than that is not noticed: what tied it together may have been
 * removed. */
#ifndef STORE_THREAD_CHECK_H
#define STORE_THREAD_CHECK_H

#include <sqlite3.h>
#include <stdint.h>

/* The message is in another thread than somebody of this Message-ID, or than its ghost. */
typedef void thread_apart(void *rock, int64_t docid, const char *mid);

/* An SQLite result code. */
int thread_check(sqlite3 *db, thread_apart *found, void *rock);

#endif
