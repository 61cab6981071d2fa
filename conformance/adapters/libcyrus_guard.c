/* Guarded blocks: see libcyrus_guard.h.  malloc and free are replaced for the whole program, the
 * libraries included, and pass on what is not theirs. */
#include "libcyrus_guard.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of the C library; beyond this many blocks, they are its own. */
extern void *__libc_malloc(size_t size);
extern void __libc_free(void *p);
enum { SLOTS = 16384, PAGE = 4096 };

enum state { NEVER_USED, LIVE, FREED, EXPOSED /* freed, touched, and the program goes on */ };

static struct {
	char *pages;
	guard_fn *touched;
	size_t next_size;
	uint16_t free_slots[SLOTS]; /* a stack */
	unsigned nfree, used;
	unsigned char state[SLOTS];
} guard;

static bool find(const void *p, unsigned *ret)
{
	uintptr_t at = (uintptr_t)p, begin = (uintptr_t)guard.pages;
	if (!guard.pages || at < begin || at >= begin + (size_t)SLOTS * PAGE)
		return false;
	*ret = (unsigned)((at - begin) / PAGE);
	return true;
}

static void *page(unsigned slot)
{
	return guard.pages + (size_t)slot * PAGE;
}

static void protect(unsigned slot, int how)
{
	if (mprotect(page(slot), PAGE, how))
		abort();
}

static void *take(void)
{
	unsigned slot = guard.nfree ? guard.free_slots[--guard.nfree] : guard.used++;
	protect(slot, PROT_READ | PROT_WRITE);
	guard.state[slot] = LIVE;
	return page(slot);
}

void *malloc(size_t size)
{
	if (size && size == guard.next_size && (guard.nfree || guard.used < SLOTS)) {
		guard.next_size = 0;
		return take();
	}
	return __libc_malloc(size);
}

void free(void *p)
{
	unsigned slot;
	if (!find(p, &slot)) {
		__libc_free(p);
		return;
	}
	if (guard.state[slot] != LIVE)
		abort(); /* as glibc does */
	/* glibc puts a pointer there: as the mark of an event, a time far off. */
	int64_t far = INT64_C(0x7f0000000000);
	memcpy(p, &far, sizeof(far));
	guard.state[slot] = FREED;
	guard.free_slots[guard.nfree++] = (uint16_t)slot;
	protect(slot, PROT_NONE);
}

static void on_fault(int signo, siginfo_t *info, void *context)
{
	unsigned slot;
	(void)context;
	if (find(info->si_addr, &slot) && guard.state[slot] == FREED && guard.touched(page(slot))) {
		guard.state[slot] = EXPOSED;
		protect(slot, PROT_READ | PROT_WRITE);
		return;
	}
	signal(signo, SIG_DFL); /* it faults again */
}

void guard_init(guard_fn *touched)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };
	guard.pages = mmap(NULL, (size_t)SLOTS * PAGE, PROT_NONE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (guard.pages == MAP_FAILED || sigaction(SIGSEGV, &act, NULL))
		abort();
	guard.touched = touched;
}

void guard_next(size_t size)
{
	guard.next_size = size;
}
