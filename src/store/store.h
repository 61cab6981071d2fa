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
	struct zip *zip; /* these two NULL until needed */
	struct elsewhere *elsewhere;
};

#endif
