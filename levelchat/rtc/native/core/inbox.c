/* A queue with many writers and one reader. The lock is held for a few copies only. */
#include "inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "packet.h"
#include "shard.h"

#define FIRST_SIZE 64
/* Memory beyond that is given back. */
#define KEPT_SIZE 4096

bool lc_inbox_open(lc_inbox *self)
{
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->mutex, NULL);
    self->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return self->wake >= 0;
}

void lc_inbox_close(lc_inbox *self)
{
    for (uint32_t index = 0; index < self->count; index++)
        lc_message_free(&self->waiting[index]);
    free(self->waiting);
    free(self->spare);
    if (self->wake >= 0)
        close(self->wake);
    pthread_mutex_destroy(&self->mutex);
}

static bool may_be_refused(const lc_message *message)
{
    return message->kind == LC_INTAKE || message->kind == LC_ACCEPTED ||
           message->kind == LC_DELIVER || message->kind == LC_SEND ||
           message->kind == LC_SEND_RTCP;
}

static void add(lc_inbox *self, const lc_message *message)
{
    if (self->count == self->size) {
        self->size = self->size ? self->size * 2 : FIRST_SIZE;
        self->waiting = lc_grown(self->waiting, self->size * sizeof *self->waiting);
    }
    self->waiting[self->count++] = *message;
}

uint32_t lc_inbox_put(lc_inbox *self, lc_message *messages, uint32_t count)
{
    uint32_t refused = 0;
    pthread_mutex_lock(&self->mutex);
    bool was_empty = self->count == 0;
    for (uint32_t index = 0; index < count; index++) {
        if (self->count >= LC_INBOX_BOUND && may_be_refused(&messages[index]))
            messages[refused++] = messages[index];
        else
            add(self, &messages[index]);
    }
    bool wakes = was_empty && self->count;
    pthread_mutex_unlock(&self->mutex);
    if (wakes) {
        uint64_t one = 1;
        /* It can only fail where the reader is awake anyway. */
        while (write(self->wake, &one, sizeof one) < 0 && errno == EINTR) {
        }
    }
    return refused;
}

lc_message *lc_inbox_take(lc_inbox *self, uint32_t *count)
{
    uint64_t ignored;
    if (self->spare_size > KEPT_SIZE) {
        free(self->spare);
        self->spare = NULL;
        self->spare_size = 0;
    }
    pthread_mutex_lock(&self->mutex);
    while (read(self->wake, &ignored, sizeof ignored) < 0 && errno == EINTR) {
    }
    lc_message *taken = self->waiting;
    uint32_t size = self->size;
    *count = self->count;
    self->waiting = self->spare;
    self->size = self->spare_size;
    self->count = 0;
    self->spare = taken;
    self->spare_size = size;
    pthread_mutex_unlock(&self->mutex);
    return taken;
}

void lc_message_free(lc_message *message)
{
    if (message->object == NULL)
        return;
    switch (message->kind) {
    case LC_INTAKE:
    case LC_ACCEPTED:
    case LC_DELIVER:
        lc_packet_release(message->object);
        break;
    case LC_SNAPSHOT:
        lc_snapshot_free(message->object);
        break;
    case LC_OPEN_SOURCE:
        lc_source_opening_free(message->object);
        break;
    case LC_OPEN_OUTLET:
        lc_outlet_free(message->object);
        break;
    case LC_OPEN_ROUTE:
        lc_route_opening_free(message->object);
        break;
    default:
        free(message->object);
    }
    message->object = NULL;
}
