/* A record: one message ready to be stored, as parsers hand it to the writer.
 *
 * A batch is a memfd holding records one after the other; the layout is private to record.c
 * and lives only between processes of one build. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "../mail/keywords.h"
#include "../mail/message.h"

#include <stdbool.h>

struct encoder;

struct record {
	/* 0: a message to be stored; else one that is stored, for its index (index_again.h). */
	int64_t docid;
	bool words_only; /* then: its columns stay */
	struct message msg; /* decoded records point into the batch: do not message_done them */
	kw_set kw;
	bool set_kw; /* false: leave keywords alone (--no-kw) */
	const char *labels; /* NUL-separated, ended by an empty string; never NULL */
	/* The file in a synced folder that it was read from (edit.h), with its flags; "" for none.
	 * They count as news when set_kw is. */
	const char *folder, *name;
	kw_set file_kw;
	const char *blob; /* zstd frame with content size */
	size_t blob_len; /* 0: only indexed, the bytes are in the file alone */
	struct buf stems; /* of words that its maker had not met (stems.h) */
};

struct record_marks {
	int64_t docid; /* as above */
	bool words_only; /* and its text is words already */
	kw_set kw;
	bool set_kw;
	const char *labels;
	const char *folder, *name; /* NULL: none */
	kw_set file_kw;
};
/* What a maker of records needs.  It tells the stem of a word only once or at times, so that its
 * records must reach the same store, in order, or none: with each store and connection a new one. */
struct encoder *encoder_new(void); /* NULL: out of memory */
void encoder_free(struct encoder *x); /* NULL is fine */
/* Append a record to `out`; raw may be NULL: index only. */
int record_encode(struct encoder *x, const struct message *m, const char *raw, size_t len,
                  const struct record_marks *marks, struct buf *out, struct err *e);
/* Decode the record at *at and advance; 1, 0 at the end, -EBADMSG (checked, never trusted). */
int record_next(const char *batch, size_t len, size_t *at, struct record *ret);

#endif
