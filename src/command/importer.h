/* Importing or indexing mail: what `lei import`, `lei index` and the --import-before of `lei q` share.
 *
 * Mail from a Maildir comes with its file, so that mail_sync knows which message is which file.  A
 * folder that mail_sync knows already is compared with it first: what was renamed or marked
 * meanwhile counts as that, and not as new mail. */
#ifndef COMMAND_IMPORTER_H
#define COMMAND_IMPORTER_H

#include "import_pipeline.h"
#include "inputs.h"

struct importer { /* zeroed but for what the caller sets, before importer_open */
	struct cmd *c;
	struct marks marks;
	bool sync; /* remember folders and files */
	int64_t jobs; /* 0: as many as there are processors */
	uint64_t count, bytes;
	bool broken; /* the pipeline failed: no use to read on */
	/* private */
	struct pipeline pipe;
	struct buf dir, folder;
	bool new_folder, progress;
	int64_t shown; /* when, monotonic; 0: never */
};

int importer_open(struct importer *im, struct err *e);
/* One input after the other; what was read before a failure is kept. */
int importer_read(struct importer *im, const struct inputs *in, size_t i, struct err *e);
/* Wait until all is durable; drop what is not, when `broken`.  Frees what the importer has. */
int importer_finish(struct importer *im, struct store_counts *ret, struct err *e);
void importer_abort(struct importer *im);

void importer_end_progress(struct importer *im); /* before a line on standard error */

#endif
