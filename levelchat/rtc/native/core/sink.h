/* Counts what many sockets receive, on a thread of its own: the other end of a benchmark. */
#ifndef LC_SINK_H
#define LC_SINK_H

#include <pthread.h>

#include "events.h"

#define LC_SINK_STREAMS 8

typedef struct {
    int fd;
    uint32_t streams;
    struct {
        uint32_t ssrc;
        uint16_t next; /* the number that comes next */
    } stream[LC_SINK_STREAMS];
} lc_sink_socket;

typedef struct {
    uint64_t rtp, rtcp, bytes, lost;
} lc_sink_counts;

typedef struct {
    lc_sink_socket *sockets;
    uint32_t count;
    int epoll, stop;
    bool runs;
    pthread_t thread;
    lc_sink_counts counts;
    lc_events events; /* what is no SRTP; `id` is the file descriptor */
} lc_sink;

bool lc_sink_open(lc_sink *self, const int *fds, uint32_t count);
bool lc_sink_start(lc_sink *self);
void lc_sink_stop(lc_sink *self);
void lc_sink_close(lc_sink *self);
/* One datagram. */
void lc_sink_take(lc_sink *self, lc_sink_socket *socket, const uint8_t *data, size_t size);

#endif
