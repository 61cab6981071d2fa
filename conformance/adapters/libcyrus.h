/* What this adapter calls of Cyrus's prot layer, as exported by Debian's libcyrus 3.6.1; the
 * header that declares it is not packaged. */
#ifndef LIBCYRUS_H
#define LIBCYRUS_H

#include <sys/time.h>
#include <time.h>

struct protstream;
struct protgroup;
struct prot_waitevent;

typedef struct prot_waitevent *prot_waiteventcallback_t(struct protstream *s,
                                                        struct prot_waitevent *ev, void *rock);
typedef int prot_fillcb_t(unsigned char *buf, unsigned len, void *rock);

/* Callers write the mark. */
struct prot_waitevent {
	time_t mark;
	prot_waiteventcallback_t *proc;
	void *rock;
	struct prot_waitevent *next;
};

struct protstream *prot_new(int fd, int write);
struct protstream *prot_readcb(prot_fillcb_t *proc, void *rock);
int prot_free(struct protstream *s);
int prot_settimeout(struct protstream *s, int timeout);
int prot_resettimeout(struct protstream *s);
int prot_setflushonread(struct protstream *s, struct protstream *flushs);
const char *prot_error(struct protstream *s);
struct prot_waitevent *prot_addwaitevent(struct protstream *s, time_t mark,
                                         prot_waiteventcallback_t *proc, void *rock);
void prot_removewaitevent(struct protstream *s, struct prot_waitevent *ev);
int prot_read(struct protstream *s, char *buf, unsigned size);
char *prot_fgets(char *buf, unsigned size, struct protstream *s);
int prot_write(struct protstream *s, const char *buf, unsigned len);
int prot_flush(struct protstream *s);

struct protgroup *protgroup_new(size_t size);
void protgroup_free(struct protgroup *g);
void protgroup_insert(struct protgroup *g, struct protstream *item);
struct protstream *protgroup_getelement(struct protgroup *g, size_t element);
int prot_select(struct protgroup *readstreams, int extra_read_fd, struct protgroup **out,
                int *extra_read_flag, struct timeval *timeout);

/* The library's header has macros and inline functions for these members of struct protstream. */
enum {
	PROTSTREAM_SIZE = 0x110,
	PROTSTREAM_CNT = 0x18, /* unsigned: bytes in the buffer */
	PROTSTREAM_DONTBLOCK = 0xac, /* int */
	PROTSTREAM_EVENTS = 0x100, /* struct prot_waitevent * */
};

/* What the library wants of every program. */
void fatal(const char *text, int code) __attribute__((noreturn));
extern const int config_need_data;

#endif
