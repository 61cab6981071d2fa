/* What the files of the kit share. */
#ifndef KIT_INTERNAL_H
#define KIT_INTERNAL_H

#include "kit.h"

enum {
	KIT_NAME_MAX = 64,
	KIT_STREAMS_MAX = 400, /* Cyrus selects: its descriptors must stay below 1024 */
	KIT_EVENTS_MAX = 1000000, /* additions in one script */
	KIT_BYTES_MAX = 65536, /* input or output in one go */
	KIT_ITEMS_MAX = 100000, /* scheduled at a time */
	KIT_DEPTH_MAX = 100, /* callbacks inside callbacks */
	KIT_SCRIPT_MAX = 16 << 20,
};
#define KIT_TIME_MAX INT64_C(9000000000000000000)

/* ---- kit_script.c ---- */

struct word {
	const char *at;
	size_t len;
};

/* A line that is being read.  `;` and `|` are words of their own. */
struct line {
	struct kit *k;
	const char *at, *end;
};

/* When a line is wrong, or lacks what is asked for, the script ends as malformed. */
bool next_word(struct line *l, struct word *ret); /* false at the end */
bool is_word(struct word w, const char *text);
bool take_word(struct line *l, struct word *ret, const char *what);
bool take_name(struct line *l, char ret[KIT_NAME_MAX + 1], const char *what);
bool take_time(struct line *l, int64_t *ret, const char *what); /* may be negative */
bool take_span(struct line *l, int64_t *ret, const char *what); /* not */
bool take_limit(struct line *l, int64_t *ret); /* a span, or `none`: KIT_NEVER */
bool take_count(struct line *l, int64_t *ret, const char *what); /* of bytes */
bool take_switch(struct line *l, bool *ret); /* on, off */
bool take_end(struct line *l);

struct mark {
	bool relative;
	int64_t ns;
};
bool take_mark(struct line *l, struct mark *ret);
void show_time(int64_t ns, char ret[32]);

/* ---- kit_plan.c ---- */

struct plan;
extern const struct plan kit_no_plan; /* returns none */
struct plan *plan_parse(struct line *l); /* NULL: malformed */
void plan_free(struct plan *p);

/* What a name of an event means. */
struct name {
	char text[KIT_NAME_MAX + 1];
	const struct plan *plan;
	struct kit_event *last; /* added under it; NULL: none yet */
};

/* One addition. */
struct kit_event {
	struct kit *k;
	struct kit_event *next; /* of all, to free them */
	const struct name *name;
	const struct plan *plan;
	struct kit_stream *stream;
	unsigned life; /* of the stream, when it was added */
	uint64_t handle;
	size_t firings;
};

/* ---- kit_event.c ---- */

struct name *name_of(struct kit *k, const char *text); /* NULL: malformed */
bool plan_of(struct line *l, struct name *n);
void add_event(struct kit *k, struct kit_stream *s, struct name *n, bool idle, int64_t when);
void remove_event(struct kit_stream *s, const struct name *n);
void mark_event(const struct name *n, struct mark m);
int64_t mark_time(const struct kit *k, struct mark m);

/* ---- kit_clock.c ---- */

enum item_kind { ITEM_INPUT, ITEM_INPUT_LINE, ITEM_EOF, ITEM_SIGNAL, ITEM_STEP };
struct item {
	struct item *next;
	int64_t at;
	enum item_kind kind;
	struct kit_stream *stream;
	int64_t n;
};

void clock_schedule(struct kit *k,
                    const struct item *it); /* or carry out, when its time has come */
void clock_advance(struct kit *k, int64_t by);
void clock_forget(struct kit *k);
void spend(struct kit *k); /* one firing or wait of this command */

/* ---- kit_stream.c ---- */

struct kit_stream {
	char name[KIT_NAME_MAX + 1];
	struct kit *k;
	void *obj; /* the implementation's; NULL: never made, or freed */
	unsigned life; /* counts those of the same name */
	int fd, peer; /* -1: none */
	int out, out_peer;
	bool write_only; /* its peer says nothing */
	int64_t sent, written;
	bool ready[3]; /* enum kit_ready */
};

struct kit_stream *stream_named(struct kit *k, const char *name); /* NULL: malformed */
void stream_make(struct kit_stream *s, struct kit_words *w, bool bare, bool bound);
void stream_drop(struct kit_stream *s);
void stream_input(struct kit_stream *s, int64_t n, bool newline);
void stream_eof(struct kit_stream *s);
void stream_read_from(struct kit_stream *s, int64_t n, bool line);
void stream_output(struct kit_stream *s, int64_t n);
void delivered(struct kit *k);

/* ---- kit_command.c ---- */

void command_run(struct kit *k, const char *at, const char *end); /* one line */

/* ---- kit.c ---- */

struct kit {
	const struct kit_impl *impl;
	void *all; /* the implementation's */
	FILE *trace; /* NULL: none */
	bool leave; /* by exit, at the end of the script */
	const struct kit_watch *watch;
	bool over;
	enum kit_end end;

	int64_t now[2]; /* enum kit_clock */
	struct item *items, *last_item;
	size_t nitems;
	bool interrupted;
	unsigned guard, spent, looks; /* in this command */
	unsigned depth; /* of callbacks */

	struct kit_stream *streams[KIT_STREAMS_MAX];
	size_t nstreams;
	void *names; /* tsearch(3) */
	struct kit_event *events;
	size_t nevents;
	struct plan **plans; /* all of them: events outlive what their names mean */
	size_t nplans, plans_cap;
	char because[160];
	unsigned line_no;
};

void say(struct kit *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void finish(struct kit *k, enum kit_end end);
void malformed(struct kit *k, const char *what, struct word where);
void unsupported(struct kit *k, struct word w);
bool lacks(struct kit *k, bool has, const char *word); /* and then ends the script */

#endif
