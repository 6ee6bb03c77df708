/* Hands datagrams to the system and counts what it took. */
#include <errno.h>
#include <poll.h>
#include <sched.h>

#include "shard.h"
#include "wire.h"

/* How long the system may need to make room; then it drops. */
#define PATIENCE_MS 2
#define YIELD_NS 1000000
/* Refused GSO sends in a row until none is tried any more. */
#define MAX_REFUSED 16

static bool makes_room(lc_shard *shard, int error)
{
    struct pollfd wanted = {.fd = shard->fd, .events = POLLOUT};
    return (error == EAGAIN || error == ENOBUFS) && poll(&wanted, 1, PATIENCE_MS) > 0;
}

void lc_wire_plain(lc_shard *shard, const lc_address *address, const void *data, size_t size)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        if (sendto(shard->fd, data, size, MSG_DONTWAIT, &address->any, address->size) >= 0)
            return;
        if (errno != EINTR && !makes_room(shard, errno))
            break;
    }
    LC_ADD(shard->totals.send_errors, 1);
}

static void count_sent(lc_shard *shard, uint32_t index)
{
    const lc_wire *wire = &shard->wire;
    if (wire->segments[index] == 0)
        return;
    LC_ADD(shard->totals.forwarded, wire->segments[index]);
    LC_ADD(shard->totals.forwarded_bytes, wire->vectors[index].iov_len);
}

static void count_failed(lc_shard *shard, uint32_t index)
{
    uint16_t segments = shard->wire.segments[index];
    LC_ADD(shard->totals.send_errors, segments ? segments : 1U);
}

/* Each segment alone. */
static void send_apart(lc_shard *shard, uint32_t index)
{
    const lc_wire *wire = &shard->wire;
    const uint8_t *data = wire->vectors[index].iov_base;
    size_t left = wire->vectors[index].iov_len, each = wire->segment_sizes[index];
    for (; left; left -= each < left ? each : left, data += each) {
        size_t size = each < left ? each : left;
        uint64_t errors = shard->totals.send_errors;
        lc_wire_plain(shard, &wire->addresses[index], data, size);
        if (shard->totals.send_errors != errors)
            continue;
        LC_ADD(shard->totals.forwarded, 1);
        LC_ADD(shard->totals.forwarded_bytes, size);
    }
}

static bool refuses_gso(int error)
{
    return error == EINVAL || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT ||
           error == EOPNOTSUPP;
}

/* Where a processor is shared, Python does not wait for the end of a slice of the scheduler's. */
static void let_others_run(lc_wire *wire)
{
    int64_t now_ns = lc_monotonic_ns();
    if (now_ns - wire->yielded_ns < YIELD_NS)
        return;
    sched_yield();
    wire->yielded_ns = now_ns;
}

void lc_wire_flush(lc_shard *shard)
{
    lc_wire *wire = &shard->wire;
    bool has_waited = false;
    for (uint32_t sent = 0; sent < wire->count;) {
        int done = sendmmsg(shard->fd, wire->messages + sent, wire->count - sent, MSG_DONTWAIT);
        if (done > 0) {
            for (; done; done--, sent++) {
                count_sent(shard, sent);
                if (wire->segments[sent] > 1)
                    wire->refused = 0;
            }
            continue;
        }
        int error = errno;
        if (error == EINTR)
            continue;
        if (!has_waited && makes_room(shard, error)) {
            has_waited = true;
            continue;
        }
        if (wire->segments[sent] > 1 && refuses_gso(error)) {
            /* The path's packets are smaller, or its device makes no checksums. */
            if (error == EIO || ++wire->refused >= MAX_REFUSED)
                wire->has_gso = false;
            send_apart(shard, sent);
        } else {
            count_failed(shard, sent);
        }
        sent++;
    }
    if (wire->count)
        let_others_run(wire);
    wire->count = wire->used = 0;
}
