/* Writes, protects and sends.
 *
 * What goes to one subscriber in a row is one GSO send: equal segments, the last may be shorter.
 * Fragments of a picture differ by a byte or so: padding makes them equal. What may go out again
 * under its own number gets none: two texts with one nonce give AES-GCM's key for tags away. A
 * protect that fails leaves its packet out and the segments equal. Where the system refuses GSO,
 * for a path or for good, the segments go alone.
 */
#include "wire.h"

#include <netinet/udp.h>
#include <stdlib.h>

#include "shard.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

#define HEADER 12
#define SLOT (LC_MAX_PACKET + LC_TRAILER)
#define ARENA (512 * 1024)
/* About what a core's own cache holds together with the packets. */
#define ENOUGH (192 * 1024)
#define CONTROL CMSG_SPACE(sizeof(uint16_t))
/* More padding costs the receiver more than a send costs us. */
#define MAX_PADDING 96
#define MAX_GSO 60000
#define PADDING 255

void lc_wire_open(lc_shard *shard)
{
    lc_wire *wire = &shard->wire;
    int none = 0;
    wire->messages = lc_new(LC_MESSAGES * sizeof *wire->messages);
    wire->vectors = lc_new(LC_MESSAGES * sizeof *wire->vectors);
    wire->controls = lc_new(LC_MESSAGES * CONTROL);
    wire->addresses = lc_new(LC_MESSAGES * sizeof *wire->addresses);
    wire->segments = lc_new(LC_MESSAGES * sizeof *wire->segments);
    wire->segment_sizes = lc_new(LC_MESSAGES * sizeof *wire->segment_sizes);
    wire->arena = lc_new(ARENA);
    wire->has_gso = setsockopt(shard->fd, SOL_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
}

void lc_wire_close(lc_shard *shard)
{
    lc_wire *wire = &shard->wire;
    free(wire->messages);
    free(wire->vectors);
    free(wire->controls);
    free(wire->addresses);
    free(wire->segments);
    free(wire->segment_sizes);
    free(wire->arena);
}

/* -- one packet */

static uint32_t shot_size(const lc_shot *shot, const lc_extension_ids *ids)
{
    const lc_packet *packet = shot->packet;
    if (packet == NULL)
        return HEADER + PADDING;
    return HEADER + (uint32_t)lc_extension_size(packet, ids) + packet->payload_size +
           (shot->is_repair ? 2U : 0U);
}

static void patch(uint8_t *out, const lc_shot *shot, uint32_t payload_at, uint32_t frame_at)
{
    const lc_packet *packet = shot->packet;
    const lc_descriptor *said = &packet->descriptor;
    uint32_t picture = said->picture + shot->picture;
    uint8_t *payload = out + payload_at;
    if (said->picture_bits == 15) {
        payload[said->picture_at] = (uint8_t)(0x80 | (picture >> 8 & 0x7F));
        payload[said->picture_at + 1] = (uint8_t)picture;
    } else if (said->picture_at) {
        payload[said->picture_at] = picture & 0x7F;
    }
    if (said->tl0_at)
        payload[said->tl0_at] = (uint8_t)(said->tl0 + shot->tl0);
    if (frame_at && packet->has_frame_number)
        lc_put16(out + frame_at, (uint16_t)(packet->frame_number + shot->frame));
}

static uint32_t write_shot(const lc_shot *shot, const lc_extension_ids *ids, uint8_t *out)
{
    const lc_packet *packet = shot->packet;
    uint16_t dependency_at = 0;
    uint32_t at = HEADER;
    out[0] = 0x80;
    out[1] = shot->second;
    lc_put16(out + 2, shot->sequence);
    lc_put32(out + 4, shot->timestamp);
    lc_put32(out + 8, shot->ssrc);
    if (packet == NULL) {
        out[0] = 0xA0;
        memset(out + at, 0, PADDING - 1);
        out[at + PADDING - 1] = PADDING;
        return HEADER + PADDING;
    }
    at += lc_extension_write(packet, ids, out + HEADER, &dependency_at);
    if (at > HEADER)
        out[0] = 0x90;
    if (shot->is_repair) {
        lc_put16(out + at, shot->original);
        at += 2;
    }
    memcpy(out + at, packet->data + packet->payload_at, packet->payload_size);
    if (shot->patches)
        patch(out, shot, at, dependency_at ? HEADER + dependency_at + 1U : 0U);
    return at + packet->payload_size;
}

static void pad(uint8_t *out, uint32_t size, uint32_t wanted)
{
    uint32_t padding = wanted - size;
    memset(out + size, 0, padding - 1);
    out[wanted - 1] = (uint8_t)padding;
    out[0] |= 0x20;
}

/* -- runs of packets */

/* How many of `shots` go together, and how large their segments are (0: as they are). */
static uint32_t group(const lc_wire *wire, const lc_extension_ids *ids, const lc_shot *shots,
                      uint32_t count, uint32_t *wanted)
{
    uint32_t largest = shot_size(&shots[0], ids), smallest = largest, taken = 1;
    bool may_recur = shots[0].may_recur;
    *wanted = 0;
    if (!wire->has_gso || largest > LC_MAX_PACKET)
        return 1;
    for (; taken < count && taken < LC_BURST; taken++) {
        uint32_t size = shot_size(&shots[taken], ids);
        uint32_t larger = size > largest ? size : largest;
        /* Those before it would no longer be the last, which alone may be short. */
        if (larger > smallest + (may_recur ? 0 : MAX_PADDING))
            break;
        if (size > LC_MAX_PACKET || (taken + 1) * (larger + LC_TRAILER) > MAX_GSO)
            break;
        largest = larger;
        smallest = size < smallest ? size : smallest;
        may_recur = may_recur || shots[taken].may_recur;
    }
    *wanted = largest;
    return taken;
}

static void put(lc_shard *shard, const lc_route *route, uint32_t size, uint32_t segments,
                uint32_t segment_size)
{
    lc_wire *wire = &shard->wire;
    uint32_t index = wire->count++;
    struct msghdr *header = &wire->messages[index].msg_hdr;
    wire->addresses[index] = route->address;
    wire->vectors[index] = (struct iovec){wire->arena + wire->used, size};
    wire->segments[index] = (uint16_t)segments;
    wire->segment_sizes[index] = (uint16_t)segment_size;
    memset(header, 0, sizeof *header);
    header->msg_name = &wire->addresses[index].any;
    header->msg_namelen = route->address.size;
    header->msg_iov = &wire->vectors[index];
    header->msg_iovlen = 1;
    if (segments > 1) {
        struct cmsghdr *control = (struct cmsghdr *)(wire->controls + index * CONTROL);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t value = (uint16_t)segment_size;
        memcpy(CMSG_DATA(control), &value, sizeof value);
        header->msg_control = control;
        header->msg_controllen = CONTROL;
    }
    wire->used += size;
}

static void make_room(lc_shard *shard)
{
    const lc_wire *wire = &shard->wire;
    if (wire->count == LC_MESSAGES || wire->used > ENOUGH)
        lc_wire_flush(shard);
}

static void hand_over(lc_shard *shard, const lc_route *route, const uint8_t *data, int size)
{
    lc_shard_tell(shard, lc_event_new(LC_ON_OUTGOING, route->id, data, (size_t)size, 0));
}

static void shoot_group(lc_shard *shard, const lc_route *route, const lc_extension_ids *ids,
                        const lc_shot *shots, uint32_t count, uint32_t wanted)
{
    uint32_t total = 0, segments = 0, segment_size = 0;
    make_room(shard);
    for (uint32_t index = 0; index < count; index++) {
        uint8_t *out = shard->wire.arena + shard->wire.used + total;
        if (shot_size(&shots[index], ids) > LC_MAX_PACKET) {
            LC_ADD(shard->totals.dropped_packets, 1);
            continue;
        }
        uint32_t size = write_shot(&shots[index], ids, out);
        if (index + 1 < count && size < wanted) {
            pad(out, size, wanted);
            size = wanted;
        }
        int length = (int)size;
        if (shard->common->srtp.protect(route->tx, out, &length)) {
            LC_ADD(shard->totals.send_errors, 1);
            continue;
        }
        if (route->address.size == 0) {
            hand_over(shard, route, out, length);
            LC_ADD(shard->totals.forwarded, 1);
            LC_ADD(shard->totals.forwarded_bytes, (uint64_t)length);
            continue;
        }
        if (segments++ == 0)
            segment_size = (uint32_t)length;
        total += (uint32_t)length;
    }
    if (segments)
        put(shard, route, total, segments, segment_size);
}

void lc_wire_shoot(lc_shard *shard, lc_route *route, const lc_extension_ids *ids,
                   const lc_shot *shots, uint32_t count)
{
    if (!route->is_aimed)
        return;
    for (uint32_t at = 0; at < count;) {
        uint32_t wanted;
        uint32_t taken = group(&shard->wire, ids, shots + at, count - at, &wanted);
        shoot_group(shard, route, ids, shots + at, taken, wanted);
        at += taken;
    }
}

void lc_wire_rtcp(lc_shard *shard, lc_route *route, const uint8_t *data, size_t size)
{
    if (size > LC_MAX_PACKET || size < 8) {
        LC_ADD(shard->totals.send_errors, 1);
        return;
    }
    make_room(shard);
    uint8_t *out = shard->wire.arena + shard->wire.used;
    int length = (int)size;
    memcpy(out, data, size);
    if (shard->common->srtp.protect_rtcp(route->tx, out, &length))
        LC_ADD(shard->totals.send_errors, 1);
    else if (route->address.size)
        put(shard, route, (uint32_t)length, 0, 0);
    else if (route->is_aimed)
        hand_over(shard, route, out, length);
}
