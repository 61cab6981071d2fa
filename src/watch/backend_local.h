/* Which file systems tell of changes: those where every change is made through this kernel. */
#ifndef WATCH_BACKEND_LOCAL_H
#define WATCH_BACKEND_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

/* `f_type` of Linux's statfs(2): does the kernel hear of everything that happens there? */
bool backend_hears_all(uint32_t f_type);

#endif
