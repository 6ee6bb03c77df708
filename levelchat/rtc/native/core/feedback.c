/* RTCP of routes: what it asks is answered, what it reports is kept, the rest goes to Python.
 *
 * Each packet of a compound is cut to its own length before it is read (F16 to F20).
 */
#include "shard.h"

enum {
    SENDER_REPORT = 200,
    RECEIVER_REPORT = 201,
    SDES = 202,
    BYE = 203,
    TRANSPORT = 205,
    PAYLOAD = 206,
    EXTENDED_REPORT = 207,
};
enum { NACK = 1, PLI = 1, FIR = 4, APPLICATION = 15 };

#define BLOCK 24
/* Numbers of one datagram; a real one names a tenth of it. */
#define MAX_NACKS 512

typedef struct {
    lc_shard *shard;
    lc_route *route;
    int64_t now_ns;
    bool has_outlets;
    uint32_t nacks;
} context;

static void on_nack(context *c, lc_outlet *outlet, uint16_t sequence)
{
    LC_ADD(outlet->counts->nacked, 1);
    lc_shot shot = lc_outlet_recall(c->shard, outlet, sequence, c->now_ns);
    if (shot.packet == NULL) {
        LC_ADD(outlet->counts->unanswered, 1);
        return;
    }
    lc_wire_shoot(c->shard, c->route, &outlet->extensions, &shot, 1);
    LC_ADD(outlet->counts->resent, 1);
    LC_ADD(c->shard->totals.resent, 1);
}

/* RFC 4585 §6.2.1. */
static void take_nack(context *c, const uint8_t *data, size_t size)
{
    if (size < 12 || !c->has_outlets)
        return;
    uint32_t ssrc = lc_get32(data + 8);
    lc_outlet *outlet = lc_route_outlet(c->route, ssrc);
    if (outlet != NULL && ssrc != outlet->ssrc)
        outlet = NULL;
    /* What came before the question goes out before the answer. */
    if (outlet != NULL)
        lc_flush(c->shard);
    for (size_t at = 12; at + 4 <= size; at += 4) {
        uint16_t first = lc_get16(data + at), mask = lc_get16(data + at + 2);
        if (c->nacks + 17 > MAX_NACKS)
            return;
        c->nacks += 1 + (uint32_t)__builtin_popcount(mask);
        if (outlet == NULL)
            continue;
        on_nack(c, outlet, first);
        for (int bit = 0; mask >> bit; bit++)
            if (mask >> bit & 1)
                on_nack(c, outlet, (uint16_t)(first + 1 + bit));
    }
}

static void ask_key_frame(context *c, uint32_t ssrc)
{
    lc_outlet *outlet = c->has_outlets ? lc_route_outlet(c->route, ssrc) : NULL;
    if (outlet == NULL)
        return;
    LC_ADD(outlet->counts->plis, 1);
    lc_ask_key_frame(c->shard, outlet, c->now_ns);
}

/* draft-alvestrand-rmcat-remb-03 §2.2: six bits of exponent, 18 of mantissa. */
static void take_remb(context *c, const uint8_t *data)
{
    uint32_t number = lc_get32(data + 16) & 0xFFFFFF;
    uint64_t mantissa = number & 0x3FFFF, bitrate = INT64_MAX;
    uint32_t exponent = number >> 18;
    if (mantissa == 0)
        bitrate = 0;
    else if (exponent + 64 - (uint32_t)__builtin_clzll(mantissa) <= 63)
        bitrate = mantissa << exponent;
    if (!c->has_outlets)
        return;
    LC_SET(c->route->counts->remb, bitrate);
    LC_SET(c->route->counts->remb_ns, (uint64_t)c->now_ns);
}

static bool take_payload(context *c, uint8_t form, const uint8_t *data, size_t size)
{
    if (form == PLI) {
        if (size >= 12)
            ask_key_frame(c, lc_get32(data + 8));
        return true;
    }
    if (form == FIR) {
        /* RFC 5104 §4.3.1.1: entries of SSRC, number and 24 reserved bits. */
        for (size_t at = 12; at + 8 <= size; at += 8)
            ask_key_frame(c, lc_get32(data + at));
        return true;
    }
    if (form != APPLICATION || size < 20 || memcmp(data + 12, "REMB", 4) != 0)
        return false;
    take_remb(c, data);
    return true;
}

/* F18. NTP times are the publisher's: our own clock says when its report went out. */
static void take_block(context *c, const uint8_t *block)
{
    uint32_t ssrc = lc_get32(block), loss = lc_get32(block + 4), middle = lc_get32(block + 16);
    lc_outlet *outlet = lc_route_outlet(c->route, ssrc);
    if (outlet == NULL)
        return;
    lc_outlet_counts *counts = outlet->counts;
    LC_ADD(counts->reports, 1);
    if (ssrc == outlet->ssrc) {
        int64_t lost = loss & 0xFFFFFF;
        LC_SET(counts->fraction_lost, loss >> 24);
        LC_SET(counts->packets_lost, lost & 0x800000 ? lost - 0x1000000 : lost);
        LC_SET(counts->jitter, lc_get32(block + 12));
    }
    int64_t held_ns = (int64_t)((uint64_t)lc_get32(block + 20) * LC_SECOND >> 16);
    for (uint32_t index = 0; index < LC_REPORTS && index < outlet->report_count; index++) {
        int64_t passed = c->now_ns - outlet->reports[index].sent_ns - held_ns;
        if (outlet->reports[index].middle == middle)
            LC_SET(counts->round_trip_ns, passed > 0 ? (uint64_t)passed : 0);
    }
}

static void take_sender_info(context *c, const uint8_t *data)
{
    const lc_attachment *attachment = lc_route_attachment(c->route, lc_get32(data + 4));
    lc_view *view = attachment != NULL && !attachment->repair
                        ? lc_map_get(&c->shard->views, attachment->source)
                        : NULL;
    lc_report report = {true, lc_get64(data + 8), lc_get32(data + 16), c->now_ns};
    if (view == NULL)
        return;
    if (view->intake != NULL) {
        lc_flush(c->shard);
        lc_intake_report(c->shard, view, &report);
        return;
    }
    lc_report *copy = lc_new(sizeof *copy);
    *copy = report;
    lc_shard_post(c->shard, view->home,
                  (lc_message){.kind = LC_REPORT_IN, .id = view->id, .object = copy});
}

/* RFC 3550 §6.4: nothing of a report counts whose blocks are cut off. */
static void take_report(context *c, uint8_t kind, const uint8_t *data, size_t size)
{
    size_t fixed = kind == SENDER_REPORT ? 28 : 8, count = data[0] & 0x1F;
    if (size < fixed + count * BLOCK)
        return;
    for (size_t index = 0; index < count && c->has_outlets; index++)
        take_block(c, data + fixed + index * BLOCK);
    if (kind == SENDER_REPORT)
        take_sender_info(c, data);
}

/* Whether it is one that subscribers send about what they receive. */
static bool take(context *c, const uint8_t *data, size_t size)
{
    uint8_t form = data[0] & 0x1F, kind = data[1];
    if (kind == SENDER_REPORT || kind == RECEIVER_REPORT) {
        take_report(c, kind, data, size);
        return kind == RECEIVER_REPORT;
    }
    if (kind == TRANSPORT && form == NACK) {
        take_nack(c, data, size);
        return true;
    }
    if (kind == PAYLOAD)
        return take_payload(c, form, data, size);
    return kind == SDES || kind == BYE || kind == EXTENDED_REPORT;
}

void lc_on_rtcp(lc_shard *shard, lc_route *route, const uint8_t *data, size_t size,
                int64_t now_ns)
{
    uint8_t rest[LC_MAX_PUSHED];
    size_t left = 0;
    context c = {shard, route, now_ns, route->outlet_count != 0, 0};
    for (size_t at = 0, end; at + 4 <= size; at = end) {
        end = at + 4 * ((size_t)lc_get16(data + at + 2) + 1);
        if (data[at] >> 6 != 2 || end > size)
            break;
        if (!take(&c, data + at, end - at) && left + (end - at) <= sizeof rest) {
            memcpy(rest + left, data + at, end - at);
            left += end - at;
        }
    }
    bool only_subscribes = route->outlet_count != 0 && route->attached_count == 0;
    const uint8_t *said = only_subscribes ? rest : data;
    size_t length = only_subscribes ? left : size;
    if (length && lc_per_second_take(&route->rtcp, LC_MAX_RTCP, now_ns))
        lc_shard_tell(shard, lc_event_new(LC_ON_RTCP, route->id, said, length, now_ns));
}
