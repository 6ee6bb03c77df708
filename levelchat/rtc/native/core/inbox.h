/* What a shard is asked to do, by Python and by other shards. */
#ifndef LC_INBOX_H
#define LC_INBOX_H

#include <pthread.h>

#include "base.h"

enum lc_kind {
    LC_SEND,
    LC_OPEN_ROUTE,
    LC_CLOSE_ROUTE,
    LC_BIND,
    LC_UNBIND,
    LC_AIM,
    LC_DELIVER,
    LC_SEND_RTCP,
    LC_OPEN_SOURCE,
    LC_CLOSE_SOURCE,
    LC_ATTACH,
    LC_INTAKE,
    LC_OPEN_OUTLET,
    LC_CLOSE_OUTLET,
    LC_SELECT,
    LC_PROBE,
    LC_SUBSCRIBE,
    LC_UNSUBSCRIBE,
    LC_SNAPSHOT,
    LC_ACCEPTED,
    LC_REPORT_IN,
    LC_REPORT,
    LC_STOP,
};

typedef struct {
    uint8_t kind;
    bool flag;
    uint32_t value;
    uint64_t id, other;
    void *object; /* the receiver's; `lc_message_free` knows each kind's */
} lc_message;

/* What carries packets is refused when so much waits; what changes something never is. */
#define LC_INBOX_BOUND 16384

typedef struct {
    pthread_mutex_t mutex;
    int wake; /* an eventfd */
    lc_message *waiting, *spare;
    uint32_t count, size, spare_size;
} lc_inbox;

bool lc_inbox_open(lc_inbox *self);
void lc_inbox_close(lc_inbox *self);
/* Puts messages in, in order; how many of them were refused (the caller still has those: they are
 * moved to the beginning of `messages`). */
uint32_t lc_inbox_put(lc_inbox *self, lc_message *messages, uint32_t count);
/* All that waits; valid until the next call. */
lc_message *lc_inbox_take(lc_inbox *self, uint32_t *count);
void lc_message_free(lc_message *message);

#endif
