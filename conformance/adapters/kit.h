/* kit: all of the driver protocol (PROTOCOL.md) but the implementation.
 *
 * An adapter fills in a `struct kit_impl` named `adapter` and links kit*.c and main.c.  The kit
 * reads the script, keeps the clocks, makes the sockets, and writes the trace; whenever the
 * implementation would ask the time or sleep, the adapter asks the kit instead. */
#ifndef KIT_H
#define KIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct kit;
struct kit_stream; /* a stream of the script */
struct kit_event; /* an event of the script: what its callback does */

/* Times are nanoseconds. */
#define KIT_SECOND INT64_C(1000000000)
#define KIT_NEVER INT64_MAX /* no limit, no end; as a mark: `max` */
#define KIT_ALWAYS INT64_MIN /* the mark `min` */

enum kit_clock { KIT_WALL, KIT_MONO };

/* What `stream` asks for. */
struct kit_words {
	bool nonblock, write;
	int64_t limit_ns; /* KIT_NEVER: none */
	int fd; /* the kit's, blocking; -1: without a descriptor */
	int out_fd; /* for output bound to the stream; -1: none */
};

/* The implementation.  Streams and handles are whatever the adapter likes; handle 0 is none.  A
 * function that is NULL is a word the implementation lacks, and so is one that calls
 * kit_unsupported. */
struct kit_impl {
	const char *name;
	int64_t granule_ns; /* what its clock ticks in: `now` and +N begin at a tick; 0: one ns */
	void *(*begin)(struct kit *k); /* may be NULL; gives the `all` of the others */
	void (*end)(void *all); /* after every stream was freed */

	void *(*stream_new)(struct kit *k, void *all, const struct kit_words *w); /* NULL: errno */
	void (*stream_free)(void *s);
	void (*limit)(void *s, int64_t ns);
	void (*touch)(void *s);
	void (*nonblock)(void *s, bool on);
	/* Bytes; 0 is the end.  -EAGAIN: nothing there; -ETIMEDOUT: the idle limit; -EBUSY: not inside
	 * a callback; else an error, in words when kit_because was called. */
	ssize_t (*read)(void *s, char *buf, size_t n);
	ssize_t (*line)(void *s, char *buf, size_t n);
	void (*output)(void *s, const char *bytes, size_t n);
	void (*flush)(void *s);
	/* Calls kit_turned as often as there is something to tell; 0 or -errno. */
	int (*turn)(void *all, int64_t ns);

	/* The callback of what is added calls kit_fire. */
	uint64_t (*add)(void *s, int64_t mark_ns, struct kit_event *ev); /* 0: refused */
	uint64_t (*add_idle)(void *s, int64_t idle_ns, struct kit_event *ev);
	void (*mark)(void *s, uint64_t handle, int64_t mark_ns);
	void (*remove)(void *s, uint64_t handle);
};

/* ---- for the adapter ---- */

int64_t kit_now(const struct kit *k, enum kit_clock clock);
int64_t kit_later(int64_t t, int64_t by); /* their sum, within what the clocks can read */

/* Carry out what the callback of `ev` does.  Returns the handle that the callback returns; unless
 * 0 this is `handle`, or that of another event. */
uint64_t kit_fire(struct kit_event *ev, void *s, uint64_t handle);

bool kit_over(const struct kit *k); /* the script has ended; for kit_run alone */

/* The implementation sleeps for `ns`, nothing being ready: time passes, until something may have
 * become ready at the latest.  0: look again; -EINTR: a signal; -ECANCELED: the script has ended. */
int kit_sleep(struct kit *k, int64_t ns);
/* poll(2) under the kit's clocks: the number of descriptors that are ready, 0, or as above. */
int kit_poll(struct kit *k, struct pollfd *fds, nfds_t n, int64_t ns);

enum kit_ready { KIT_INPUT, KIT_DUE, KIT_IDLE };
/* A turn found this; `s` is ignored for KIT_DUE. */
void kit_turned(struct kit *k, enum kit_ready what, const void *s);

void kit_because(struct kit *k,
                 const char *words); /* why the read that is about to return failed */
void kit_error(struct kit *k, const void *s,
               const char *words); /* an `error` line of its own; s may be NULL */
void kit_unsupported(struct kit *k, const char *word); /* ends the script */

/* The name of the event of this rock, the stream of this handle. */
const char *kit_event_name(const struct kit_event *ev);
const char *kit_stream_name(const struct kit *k, const void *s); /* "-" when there is none */

/* ---- running scripts ---- */

/* A program: the script from standard input, the trace to standard output.  Leaves by exit(3)
 * wherever the script ends, so it is no matter that an implementation is deep inside a wait. */
int kit_main(const struct kit_impl *impl);

/* Inside a process that goes on, for fuzzing: never exits, and returns how the script ended.  Then
 * the implementation must end its wait when kit_sleep says so. */
enum kit_end { KIT_DONE, KIT_BLOCKED, KIT_SPIN, KIT_UNSUPPORTED, KIT_MALFORMED };
struct kit_watch {
	void (*fire)(void *rock, void *s, uint64_t handle); /* a callback begins */
	void (*fired)(void *rock, uint64_t handle, uint64_t returned);
	void (*sleep)(void *rock, int64_t ns); /* a wait begins */
	void *rock;
};
enum kit_end kit_run(const struct kit_impl *impl, const char *script, size_t len, unsigned guard,
                     FILE *trace, const struct kit_watch *watch);

#endif
