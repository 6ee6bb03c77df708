/* A ring of packets. It refers to them; whoever adds one keeps his own reference. */
#include "history.h"

#include <stdlib.h>

#define SMALLEST 16
#define LARGEST 8192

void lc_history_init(lc_history *self, uint32_t size)
{
    memset(self, 0, sizeof *self);
    self->size = SMALLEST;
    while (self->size < size && self->size < LARGEST)
        self->size *= 2;
    self->highest = self->key = -1;
}

bool lc_history_continues(const lc_history *self, uint16_t sequence)
{
    if (self->highest < 0)
        return true;
    int64_t away = lc_unwrap(sequence, self->highest) - self->highest;
    return away <= LC_MAX_DROPOUT && away >= -LC_MAX_DROPOUT;
}

int64_t lc_history_number(const lc_history *self, uint16_t sequence)
{
    if (self->highest < 0)
        return sequence;
    int64_t number = lc_unwrap(sequence, self->highest);
    /* Nothing is known of what was before the first, and libsrtp cannot tell it from a wrap. */
    if (number <= self->highest - self->size || number < 0)
        return -1;
    return lc_history_get(self, number) == NULL ? number : -1;
}

void lc_history_add(lc_history *self, lc_packet *packet)
{
    int64_t number = packet->number;
    if (self->slots == NULL)
        self->slots = lc_new(self->size * sizeof *self->slots);
    if (self->highest < 0)
        self->first = number;
    if (number > self->highest)
        self->highest = number;
    if (number < self->first)
        self->first = number;
    self->unique++;
    lc_packet **slot = &self->slots[number & (self->size - 1)];
    lc_packet_release(*slot);
    *slot = lc_packet_keep(packet);
    if (packet->key && number > self->key)
        self->key = number;
}

lc_packet *lc_history_get(const lc_history *self, int64_t number)
{
    /* The slot of one that is older may be one that was passed over. */
    if (self->slots == NULL || number < 0 || number <= self->highest - self->size)
        return NULL;
    lc_packet *packet = self->slots[number & (self->size - 1)];
    return packet != NULL && packet->number == number ? packet : NULL;
}

int64_t lc_history_key_frame(const lc_history *self)
{
    return lc_history_get(self, self->key) != NULL ? self->key : -1;
}

uint64_t lc_history_expected(const lc_history *self)
{
    return self->highest >= 0 ? (uint64_t)(self->highest - self->first + 1) : 0;
}

void lc_history_forget(lc_history *self)
{
    for (uint32_t at = 0; self->slots != NULL && at < self->size; at++)
        lc_packet_release(self->slots[at]);
    free(self->slots);
    lc_history_init(self, self->size);
}
