/* RTP packets as they come from SRTP, and the extensions of those that go out.
 *
 * What is read was sent by strangers: no byte is touched before its place was compared with the
 * size of the packet.
 */
#include "packet.h"

#include <stdlib.h>

#define HEADER 12
#define ONE_BYTE 0xBEDE
#define TWO_BYTE 0x1000
#define STOP 15

lc_packet *lc_packet_new(const uint8_t *data, size_t size, int64_t now_ns)
{
    if (size > LC_MAX_PUSHED)
        return NULL;
    lc_packet *packet = lc_new(sizeof *packet + size);
    packet->references = 1;
    packet->arrival_ns = now_ns;
    packet->size = (uint16_t)size;
    if (size)
        memcpy(packet->data, data, size);
    return packet;
}

lc_packet *lc_packet_keep(lc_packet *packet)
{
    __atomic_add_fetch(&packet->references, 1, __ATOMIC_RELAXED);
    return packet;
}

void lc_packet_release(lc_packet *packet)
{
    if (packet == NULL || __atomic_sub_fetch(&packet->references, 1, __ATOMIC_ACQ_REL))
        return;
    free(packet->frame);
    free(packet);
}

bool lc_packet_parse(lc_packet *packet)
{
    const uint8_t *data = packet->data;
    size_t end = packet->size;
    if (end < HEADER || data[0] >> 6 != 2)
        return false;
    size_t start = HEADER + 4 * (size_t)(data[0] & 0x0F);
    if (data[0] & 0x10) {
        if (start + 4 > end)
            return false;
        start += 4 + 4 * (size_t)lc_get16(data + start + 2);
        if (start > end)
            return false;
    }
    if (data[0] & 0x20) {
        /* RFC 3550 §5.1: the last octet counts the padding, itself included. */
        uint8_t padding = data[end - 1];
        if (padding == 0 || padding > end)
            return false;
        end -= padding;
    }
    if (start > end)
        return false;
    packet->marker = data[1] >> 7;
    packet->payload_type = data[1] & 0x7F;
    packet->sequence = lc_get16(data + 2);
    packet->timestamp = lc_get32(data + 4);
    packet->ssrc = lc_get32(data + 8);
    packet->payload_at = (uint16_t)start;
    packet->payload_size = (uint16_t)(end - start);
    return true;
}

static void keep(lc_packet *packet, const lc_extension_ids *ids, uint8_t id, size_t at,
                 size_t size)
{
    for (int element = 0; element < LC_ELEMENTS; element++) {
        /* The first of an identifier counts. */
        if (ids->ids[element] != id || packet->element_size[element])
            continue;
        packet->element_at[element] = (uint16_t)at;
        packet->element_size[element] = (uint8_t)size;
        packet->has_elements = packet->has_elements || size;
    }
}

static void find_short(lc_packet *packet, const lc_extension_ids *ids, size_t at, size_t end)
{
    const uint8_t *data = packet->data;
    while (at < end) {
        uint8_t id = data[at] >> 4;
        size_t size = (size_t)(data[at] & 0x0F) + 1;
        at++;
        /* RFC 8285 §4.2: 15 ends the search, whatever follows. */
        if (id == STOP)
            return;
        if (id == 0)
            continue;
        if (at + size <= end)
            keep(packet, ids, id, at, size);
        at += size;
    }
}

static void find_long(lc_packet *packet, const lc_extension_ids *ids, size_t at, size_t end)
{
    const uint8_t *data = packet->data;
    while (at + 1 < end) {
        uint8_t id = data[at];
        if (id == 0) {
            at++;
            continue;
        }
        size_t size = data[at + 1];
        at += 2;
        if (at + size <= end)
            keep(packet, ids, id, at, size);
        at += size;
    }
}

void lc_packet_find_elements(lc_packet *packet, const lc_extension_ids *ids)
{
    const uint8_t *data = packet->data;
    if (packet->size < HEADER || !(data[0] & 0x10))
        return;
    size_t at = HEADER + 4 * (size_t)(data[0] & 0x0F);
    if (at + 4 > packet->size)
        return;
    uint16_t profile = lc_get16(data + at);
    size_t end = at + 4 + 4 * (size_t)lc_get16(data + at + 2);
    if (end > packet->size)
        return;
    if (profile == ONE_BYTE)
        find_short(packet, ids, at + 4, end);
    else if ((profile & 0xFFF0) == TWO_BYTE)
        find_long(packet, ids, at + 4, end);
}

bool lc_packet_open_repair(lc_packet *packet, uint8_t payload_type, uint32_t ssrc)
{
    /* A payload of the number alone is padding, which probes for bandwidth. */
    if (packet->payload_size <= 2)
        return false;
    packet->sequence = lc_get16(packet->data + packet->payload_at);
    packet->payload_at += 2;
    packet->payload_size -= 2;
    packet->payload_type = payload_type;
    packet->ssrc = ssrc;
    return true;
}

/* Bytes of the elements, and whether the one-byte form holds them (RFC 8285 §4.2). */
static size_t body_size(const lc_packet *packet, const lc_extension_ids *ids, bool *is_short)
{
    size_t count = 0, bytes = 0;
    *is_short = true;
    for (int element = 0; element < LC_ELEMENTS; element++) {
        uint8_t id = ids->ids[element], size = packet->element_size[element];
        if (id == 0 || size == 0)
            continue;
        count++;
        bytes += size;
        if (size > 16 || id >= STOP)
            *is_short = false;
    }
    return bytes + count * (*is_short ? 1 : 2);
}

uint16_t lc_extension_size(const lc_packet *packet, const lc_extension_ids *ids)
{
    bool is_short;
    if (!packet->has_elements)
        return 0;
    size_t body = body_size(packet, ids, &is_short);
    return body ? (uint16_t)(4 + (body + 3) / 4 * 4) : 0;
}

uint16_t lc_extension_write(const lc_packet *packet, const lc_extension_ids *ids, uint8_t *out,
                            uint16_t *dependency_at)
{
    bool is_short;
    *dependency_at = 0;
    if (!packet->has_elements)
        return 0;
    size_t body = body_size(packet, ids, &is_short), at = 4;
    if (body == 0)
        return 0;
    for (int element = 0; element < LC_ELEMENTS; element++) {
        uint8_t id = ids->ids[element], size = packet->element_size[element];
        if (id == 0 || size == 0)
            continue;
        if (is_short) {
            out[at++] = (uint8_t)(id << 4 | (size - 1));
        } else {
            out[at++] = id;
            out[at++] = size;
        }
        if (element == LC_DEPENDENCY)
            *dependency_at = (uint16_t)at;
        memcpy(out + at, packet->data + packet->element_at[element], size);
        at += size;
    }
    while (at % 4)
        out[at++] = 0;
    lc_put16(out, is_short ? ONE_BYTE : TWO_BYTE);
    lc_put16(out + 2, (uint16_t)((at - 4) / 4));
    return (uint16_t)at;
}
