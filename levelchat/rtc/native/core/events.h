/* What the core tells Python. */
#ifndef LC_EVENTS_H
#define LC_EVENTS_H

#include <pthread.h>

#include "address.h"

enum lc_event_kind {
    LC_ON_DATAGRAM,
    LC_ON_STRAY,
    LC_ON_RTCP,
    LC_ON_PACKET,
    LC_ON_GAP,
    LC_ON_FILLED,
    LC_ON_KEY_FRAME_WANTED,
    LC_ON_SWITCHED,
    LC_ON_OUTGOING,
    LC_ON_KEY_FRAME, /* began, with this: somebody reads its size */
    LC_ON_RELEASED, /* the route's former SRTP contexts are used no more */
};

typedef struct lc_event {
    struct lc_event *next;
    enum lc_event_kind kind;
    uint64_t id, other, count;
    int64_t now_ns;
    lc_address address;
    uint32_t size;
    uint8_t data[];
} lc_event;

/* In order. */
typedef struct {
    lc_event *first, *last;
    uint32_t count;
} lc_event_list;

#define LC_EVENTS_BOUND 65536

typedef struct {
    pthread_mutex_t mutex;
    int wake; /* an eventfd that is readable while there are events */
    lc_event_list waiting;
    uint64_t dropped;
} lc_events;

bool lc_events_open(lc_events *self);
void lc_events_close(lc_events *self);
lc_event *lc_event_new(enum lc_event_kind kind, uint64_t id, const void *data, size_t size,
                       int64_t now_ns);
void lc_event_list_add(lc_event_list *self, lc_event *event);
void lc_event_list_free(lc_event_list *self);
/* Hands over all of `list`, which is empty then. */
void lc_events_publish(lc_events *self, lc_event_list *list);
uint64_t lc_events_dropped(lc_events *self);
/* Up to `most` events. */
lc_event_list lc_events_take(lc_events *self, uint32_t most);

#endif
