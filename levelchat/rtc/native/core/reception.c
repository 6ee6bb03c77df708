/* The way in: datagrams told apart, SRTP opened (F1 to F3). */
#include <stdlib.h>

#include "shard.h"

#define SMALLEST_RTP 12
#define SMALLEST_RTCP 8

struct lc_reception {
    struct mmsghdr messages[LC_RECEIVED];
    struct iovec vectors[LC_RECEIVED];
    lc_address addresses[LC_RECEIVED];
    /* Aligned for libsrtp, which reads words. */
    uint64_t data[LC_RECEIVED][LC_DATAGRAM / 8];
    uint32_t count;
    int64_t now_ns;
};

void lc_reception_free(lc_shard *shard)
{
    free(shard->reception);
}

/* Whether there may be more. */
bool lc_reception_read(lc_shard *shard)
{
    struct lc_reception *r = shard->reception;
    if (r == NULL)
        r = shard->reception = lc_new(sizeof *r);
    for (uint32_t index = 0; index < LC_RECEIVED; index++) {
        r->vectors[index] = (struct iovec){r->data[index], LC_DATAGRAM};
        r->messages[index].msg_hdr = (struct msghdr){
            .msg_name = &r->addresses[index].any,
            .msg_namelen = sizeof r->addresses[index].v6,
            .msg_iov = &r->vectors[index],
            .msg_iovlen = 1,
        };
    }
    /* An error that an earlier send caused says nothing of what has come. */
    int count = recvmmsg(shard->fd, r->messages, LC_RECEIVED, MSG_DONTWAIT, NULL);
    r->count = count > 0 ? (uint32_t)count : 0;
    r->now_ns = lc_now(shard);
    for (uint32_t index = 0; index < r->count; index++)
        r->addresses[index].size = r->messages[index].msg_hdr.msg_namelen;
    return r->count == LC_RECEIVED;
}

static void on_datagram(lc_shard *shard, uint32_t index)
{
    struct lc_reception *r = shard->reception;
    uint8_t *data = (uint8_t *)r->data[index];
    size_t size = r->messages[index].msg_len;
    LC_ADD(shard->totals.received, 1);
    /* RFC 7983 §7. */
    if (size == 0 || data[0] < 128 || data[0] > 191) {
        lc_event *event = lc_event_new(LC_ON_DATAGRAM, shard->index, data, size, r->now_ns);
        event->address = r->addresses[index];
        lc_shard_tell(shard, event);
        return;
    }
    lc_route *route = lc_route_of(shard, &r->addresses[index]);
    if (route == NULL)
        LC_ADD(shard->totals.unknown, 1);
    else
        lc_receive(shard, route, data, size, r->now_ns);
}

void lc_reception_dispatch(lc_shard *shard)
{
    struct lc_reception *r = shard->reception;
    for (uint32_t index = 0; index < r->count; index++)
        on_datagram(shard, index);
    r->count = 0;
}

static void refuse(lc_shard *shard, lc_route *route)
{
    LC_ADD(shard->totals.srtp_errors, 1);
    LC_ADD(route->counts->srtp_errors, 1);
}

/* Opens the packet in place; its size, or -1 where SRTP refuses it. */
static int open_packet(const lc_shard *shard, lc_route *route, uint8_t *data, size_t size,
                       bool is_rtcp)
{
    const lc_srtp *srtp = &shard->common->srtp;
    uint32_t ssrc = lc_get32(data + (is_rtcp ? 4 : 8));
    int length = (int)size;
    if (!lc_route_may_open(route, ssrc))
        return -1;
    if ((is_rtcp ? srtp->unprotect_rtcp : srtp->unprotect)(route->rx, data, &length))
        return -1;
    lc_route_opened(route, ssrc);
    return length;
}

static void take_rtp(lc_shard *shard, lc_route *route, const uint8_t *data, size_t size,
                     int64_t now_ns)
{
    LC_ADD(route->counts->srtp_packets, 1);
    const lc_attachment *attachment = lc_route_attachment(route, lc_get32(data + 8));
    if (attachment == NULL) {
        if (lc_per_second_take(&route->strays, LC_MAX_STRAYS, now_ns))
            lc_shard_tell(shard, lc_event_new(LC_ON_STRAY, route->id, data, size, now_ns));
        return;
    }
    lc_view *view = lc_map_get(&shard->views, attachment->source);
    lc_packet *packet = view != NULL ? lc_packet_new(data, size, now_ns) : NULL;
    if (packet == NULL)
        return;
    if (view->intake == NULL) {
        lc_shard_post(shard, view->home,
                      (lc_message){.kind = LC_INTAKE,
                                   .flag = attachment->repair,
                                   .id = view->id,
                                   .object = packet});
        return;
    }
    lc_intake_take(shard, view, packet, attachment->repair);
    lc_packet_release(packet);
}

void lc_receive(lc_shard *shard, lc_route *route, uint8_t *data, size_t size, int64_t now_ns)
{
    /* RFC 5761 §4. */
    bool is_rtcp = size >= SMALLEST_RTCP && data[1] >= 192 && data[1] <= 223;
    if (!is_rtcp && size < SMALLEST_RTP) {
        refuse(shard, route);
        return;
    }
    int length = open_packet(shard, route, data, size, is_rtcp);
    if (length < 0) {
        refuse(shard, route);
    } else if (is_rtcp) {
        LC_ADD(route->counts->srtcp_packets, 1);
        lc_on_rtcp(shard, route, data, (size_t)length, now_ns);
    } else if (length >= SMALLEST_RTP) {
        take_rtp(shard, route, data, (size_t)length, now_ns);
    }
}
