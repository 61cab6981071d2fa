/* A moment's rest, for whoever has to look again at what another process does. */
#ifndef STORE_PAUSE_H
#define STORE_PAUSE_H

/* 0 when the time is over, or -errno at once: then nobody may go on looking. */
int pause_ms(int ms);

#endif
