/* A bounded queue with many writers, of whom each publishes a list at a time, and one reader. */
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool lc_events_open(lc_events *self)
{
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->mutex, NULL);
    self->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return self->wake >= 0;
}

void lc_events_close(lc_events *self)
{
    lc_event_list_free(&self->waiting);
    if (self->wake >= 0)
        close(self->wake);
    pthread_mutex_destroy(&self->mutex);
}

lc_event *lc_event_new(enum lc_event_kind kind, uint64_t id, const void *data, size_t size,
                       int64_t now_ns)
{
    lc_event *event = lc_new(sizeof *event + size);
    event->kind = kind;
    event->id = id;
    event->now_ns = now_ns;
    event->size = (uint32_t)size;
    if (size)
        memcpy(event->data, data, size);
    return event;
}

void lc_event_list_add(lc_event_list *self, lc_event *event)
{
    event->next = NULL;
    if (self->last != NULL)
        self->last->next = event;
    else
        self->first = event;
    self->last = event;
    self->count++;
}

static lc_event *pop(lc_event_list *self)
{
    lc_event *event = self->first;
    if (event == NULL)
        return NULL;
    self->first = event->next;
    if (self->first == NULL)
        self->last = NULL;
    self->count--;
    return event;
}

void lc_event_list_free(lc_event_list *self)
{
    for (lc_event *event; (event = pop(self)) != NULL;)
        free(event);
}

void lc_events_publish(lc_events *self, lc_event_list *list)
{
    uint64_t one = 1;
    if (list->count == 0)
        return;
    pthread_mutex_lock(&self->mutex);
    bool was_empty = self->waiting.count == 0;
    for (lc_event *event; (event = pop(list)) != NULL;) {
        /* Who keeps SRTP sessions alive must hear that they are free. */
        if (self->waiting.count < LC_EVENTS_BOUND || event->kind == LC_ON_RELEASED) {
            lc_event_list_add(&self->waiting, event);
        } else {
            self->dropped++;
            free(event);
        }
    }
    if (was_empty)
        while (write(self->wake, &one, sizeof one) < 0 && errno == EINTR) {
        }
    pthread_mutex_unlock(&self->mutex);
}

lc_event_list lc_events_take(lc_events *self, uint32_t most)
{
    lc_event_list taken = {0};
    uint64_t ignored;
    pthread_mutex_lock(&self->mutex);
    while (taken.count < most && self->waiting.count)
        lc_event_list_add(&taken, pop(&self->waiting));
    if (self->waiting.count == 0)
        while (read(self->wake, &ignored, sizeof ignored) < 0 && errno == EINTR) {
        }
    pthread_mutex_unlock(&self->mutex);
    return taken;
}

uint64_t lc_events_dropped(lc_events *self)
{
    pthread_mutex_lock(&self->mutex);
    uint64_t dropped = self->dropped;
    pthread_mutex_unlock(&self->mutex);
    return dropped;
}
