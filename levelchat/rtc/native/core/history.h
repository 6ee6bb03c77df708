/* The newest packets of one source, by number (F5, F7). */
#ifndef LC_HISTORY_H
#define LC_HISTORY_H

#include "packet.h"

typedef struct {
    lc_packet **slots; /* NULL until the first packet */
    uint32_t size;     /* a power of two */
    int64_t first, highest; /* unwrapped; highest is -1 while nothing came */
    int64_t key;       /* where the newest key frame begins; -1: none came */
    uint64_t unique;
} lc_history;

void lc_history_init(lc_history *self, uint32_t size);
/* Whether the number belongs to the same count (RFC 3550 §A.1). */
bool lc_history_continues(const lc_history *self, uint16_t sequence);
/* The unwrapped number; -1 if it came before, or too late to know. */
int64_t lc_history_number(const lc_history *self, uint16_t sequence);
void lc_history_add(lc_history *self, lc_packet *packet);
lc_packet *lc_history_get(const lc_history *self, int64_t number);
/* Where the newest key frame begins, if it is still here; else -1. */
int64_t lc_history_key_frame(const lc_history *self);
uint64_t lc_history_expected(const lc_history *self);
void lc_history_forget(lc_history *self);

#endif
