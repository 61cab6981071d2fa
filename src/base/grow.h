/* Arrays that grow by doubling. */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include <stddef.h>

/* Room for one more element of `size` bytes behind the n of v, which has *cap: v itself or where it has
 * moved to.  NULL with ENOMEM when there is no memory; then v and *cap are as they were. */
void *grow(void *v, size_t n, size_t *cap, size_t size);

#endif
