/* Inside the reader. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "search.h"

#include <sqlite3.h>

struct zip;
struct elsewhere;

struct store {
	sqlite3 *db;
	bool has_sync; /* schema 2 */
	bool has_words; /* schema 3 */
	bool has_threads; /* schema 4 */
	/* Asked for each file of a folder: prepared once, NULL until needed. */
	sqlite3_stmt *named, *blob;
	struct zip *zip; /* these two NULL until needed */
	struct elsewhere *elsewhere;
};

#endif
