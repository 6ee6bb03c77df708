/* What payloads say: where key frames begin, which layer a packet is of, where VP8 counts.
 *
 * Each reader is given what was received: a descriptor that is cut off says nothing.
 */
#include "packet.h"

typedef struct {
    const uint8_t *data;
    size_t size;
} payload;

/* RFC 7741 §4.2: 7 bits, or 15 where the first is set. */
static bool vp8_picture(payload p, size_t at, lc_descriptor *said)
{
    if (at >= p.size)
        return false;
    said->picture_at = (uint8_t)at;
    said->picture = p.data[at];
    said->picture_bits = 7;
    if (!(said->picture & 0x80))
        return true;
    if (at + 1 >= p.size)
        return false;
    said->picture = (uint16_t)((said->picture & 0x7F) << 8 | p.data[at + 1]);
    said->picture_bits = 15;
    return true;
}

/* RFC 7741 §4.2. False where it is cut off. */
static bool vp8_descriptor(payload p, lc_descriptor *said, size_t *length)
{
    size_t at = 1;
    if (!(p.data[0] & 0x80)) {
        *length = at;
        return true;
    }
    if (p.size < 2)
        return false;
    uint8_t fields = p.data[at++];
    if (fields & 0x80) {
        if (!vp8_picture(p, at, said))
            return false;
        at += said->picture_bits > 7 ? 2 : 1;
    }
    if (fields & 0x40) {
        if (at >= p.size)
            return false;
        said->tl0_at = (uint8_t)at;
        said->tl0 = p.data[at++];
    }
    if (fields & 0x30) {
        if (at >= p.size)
            return false;
        if (fields & 0x20) {
            said->layered = true;
            said->temporal = p.data[at] >> 6;
            said->sync = p.data[at] >> 5 & 1;
        }
        at++;
    }
    *length = at;
    return true;
}

static bool read_vp8(payload p, lc_descriptor *said)
{
    size_t length;
    lc_descriptor found = {0};
    if (!vp8_descriptor(p, &found, &length))
        return false;
    *said = found;
    /* The S bit and partition 0 begin a frame; RFC 6386 §9.1: 0 is a key frame. */
    return (p.data[0] & 0x1F) == 0x10 && length < p.size && !(p.data[length] & 1);
}

/* RFC 9628 §4.2: P_DIFF occurs at most three times. 0 where that is not so. */
static size_t vp9_references(payload p, size_t at)
{
    for (size_t count = 1; count <= 3; count++) {
        if (at + count > p.size)
            return 0;
        if (!(p.data[at + count - 1] & 1))
            return count;
    }
    return 0;
}

/* RFC 9628 §4.2.1. 0 where it is cut off. */
static size_t vp9_structure(payload p, size_t at)
{
    if (at >= p.size)
        return 0;
    uint8_t first = p.data[at];
    size_t length = 1;
    if (first & 0x10)
        length += 4 * (size_t)((first >> 5) + 1);
    if (first & 0x08) {
        if (at + length >= p.size)
            return 0;
        uint8_t pictures = p.data[at + length++];
        for (; pictures; pictures--) {
            if (at + length >= p.size)
                return 0;
            length += 1 + (p.data[at + length] >> 2 & 3);
        }
    }
    return length;
}

/* RFC 9628 §4.2: where the frame begins; 0 where it does not. */
static size_t vp9_descriptor(payload p)
{
    uint8_t first = p.data[0];
    size_t at = 1, more;
    if (first & 0x80) {
        if (p.size < 2)
            return 0;
        at += p.data[1] & 0x80 ? 2 : 1;
    }
    if (first & 0x20)
        at += first & 0x10 ? 1 : 2;
    if ((first & 0x50) == 0x50) {
        if (!(more = vp9_references(p, at)))
            return 0;
        at += more;
    }
    if (first & 0x02) {
        if (!(more = vp9_structure(p, at)))
            return 0;
        at += more;
    }
    return at < p.size ? at : 0;
}

static bool read_vp9(payload p, lc_descriptor *said)
{
    uint8_t first = p.data[0];
    if (first & 0x20) {
        size_t at = 1;
        if (first & 0x80) {
            if (p.size < 2)
                return false;
            at += p.data[1] & 0x80 ? 2 : 1;
        }
        if (at >= p.size)
            return false;
        said->layered = true;
        said->temporal = p.data[at] >> 5;
        said->sync = p.data[at] >> 4 & 1;
        said->spatial = p.data[at] >> 1 & 7;
        said->ends = first >> 2 & 1;
    }
    size_t start = vp9_descriptor(p);
    if (!(first & 0x08) || said->spatial || !start)
        return false;
    /* VP9 bitstream specification §6.2; the fourth profile has a reserved bit. */
    uint8_t header = p.data[start];
    int shift = (header & 0x30) == 0x30 ? 1 : 0;
    return header >> 6 == 2 && !(header << shift & 0x0C);
}

/* A parameter set alone, or anywhere in a STAP-A (RFC 6184 §5.6, §5.7.1). */
static bool read_h264(payload p)
{
    uint8_t kind = p.data[0] & 0x1F;
    if (kind != 24)
        return kind == 7;
    for (size_t at = 1; at + 2 < p.size; at += 2 + (size_t)lc_get16(p.data + at))
        if ((p.data[at + 2] & 0x1F) == 7)
            return true;
    return false;
}

void lc_codec_read(lc_packet *packet, enum lc_codec codec)
{
    payload p = {packet->data + packet->payload_at, packet->payload_size};
    if (p.size == 0)
        return;
    if (codec == LC_H264)
        packet->key = read_h264(p);
    else if (codec == LC_VP8)
        packet->key = read_vp8(p, &packet->descriptor);
    else if (codec == LC_VP9)
        packet->key = read_vp9(p, &packet->descriptor);
    else if (codec == LC_AV1)
        /* AV1 RTP §4.4: N is set where a coded video sequence begins, Z where an OBU goes on. */
        packet->key = (p.data[0] & 0x88) == 0x08;
}
