/* Reads the clear header of SRTP and no more: packets, bytes, and numbers that never came. */
#include "sink.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define READY 256
#define BATCH 32
#define SIZE 2048

bool lc_sink_open(lc_sink *self, const int *fds, uint32_t count)
{
    memset(self, 0, sizeof *self);
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    self->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool fine = lc_events_open(&self->events) && self->epoll >= 0 && self->stop >= 0;
    struct epoll_event wanted = {.events = EPOLLIN};
    fine = fine && epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->stop, &wanted) == 0;
    self->sockets = lc_new((count ? count : 1) * sizeof *self->sockets);
    for (; fine && self->count < count; self->count++) {
        self->sockets[self->count].fd = fds[self->count];
        wanted.data.ptr = &self->sockets[self->count];
        fine = epoll_ctl(self->epoll, EPOLL_CTL_ADD, fds[self->count], &wanted) == 0;
    }
    return fine;
}

void lc_sink_close(lc_sink *self)
{
    lc_sink_stop(self);
    lc_events_close(&self->events);
    if (self->epoll >= 0)
        close(self->epoll);
    if (self->stop >= 0)
        close(self->stop);
    free(self->sockets);
}

/* How many numbers were passed over before this one; one that comes late is given back. */
static int64_t passed_over(lc_sink_socket *socket, uint32_t ssrc, uint16_t sequence)
{
    uint32_t index = 0;
    while (index < socket->streams && socket->stream[index].ssrc != ssrc)
        index++;
    if (index == LC_SINK_STREAMS)
        return 0;
    if (index == socket->streams) {
        socket->streams++;
        socket->stream[index].ssrc = ssrc;
        socket->stream[index].next = (uint16_t)(sequence + 1);
        return 0;
    }
    uint16_t ahead = (uint16_t)(sequence - socket->stream[index].next);
    if (ahead >= 0x8000)
        return -1;
    socket->stream[index].next = (uint16_t)(sequence + 1);
    return ahead;
}

void lc_sink_take(lc_sink *self, lc_sink_socket *socket, const uint8_t *data, size_t size)
{
    lc_sink_counts *counts = &self->counts;
    if (size < 8 || data[0] < 128 || data[0] > 191) {
        lc_event_list list = {0};
        lc_event_list_add(&list,
                          lc_event_new(LC_ON_DATAGRAM, (uint64_t)socket->fd, data, size, 0));
        lc_events_publish(&self->events, &list);
        return;
    }
    LC_ADD(counts->bytes, size);
    if (data[1] >= 192 && data[1] <= 223) {
        LC_ADD(counts->rtcp, 1);
    } else if (size >= 12) {
        int64_t lost = passed_over(socket, lc_get32(data + 8), lc_get16(data + 2));
        LC_ADD(counts->rtp, 1);
        LC_ADD(counts->lost, (uint64_t)lost);
    }
}

typedef struct {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    uint8_t data[BATCH][SIZE];
} buffers;

static void read_all(lc_sink *self, lc_sink_socket *socket, buffers *b)
{
    for (int count = BATCH; count == BATCH;) {
        count = recvmmsg(socket->fd, b->messages, BATCH, MSG_DONTWAIT, NULL);
        for (int index = 0; index < count; index++)
            lc_sink_take(self, socket, b->data[index], b->messages[index].msg_len);
    }
}

static void *run(void *object)
{
    lc_sink *self = object;
    struct epoll_event ready[READY];
    buffers *b = lc_new(sizeof *b);
    for (int index = 0; index < BATCH; index++) {
        b->vectors[index] = (struct iovec){b->data[index], SIZE};
        b->messages[index].msg_hdr.msg_iov = &b->vectors[index];
        b->messages[index].msg_hdr.msg_iovlen = 1;
    }
    for (bool stops = false; !stops;) {
        int count = epoll_wait(self->epoll, ready, READY, -1);
        for (int index = 0; index < count; index++) {
            if (ready[index].data.ptr == NULL)
                stops = true;
            else
                read_all(self, ready[index].data.ptr, b);
        }
    }
    free(b);
    return NULL;
}

bool lc_sink_start(lc_sink *self)
{
    sigset_t all, before;
    if (self->runs)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    self->runs = pthread_create(&self->thread, NULL, run, self) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return self->runs;
}

void lc_sink_stop(lc_sink *self)
{
    uint64_t count = 1;
    if (!self->runs)
        return;
    self->runs = false;
    if (write(self->stop, &count, sizeof count) == (ssize_t)sizeof count)
        pthread_join(self->thread, NULL);
    /* It may be started again. */
    if (read(self->stop, &count, sizeof count) < 0)
        return;
}
