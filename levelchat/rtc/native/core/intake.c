/* The home of sources: each packet is taken once, counted, and handed to all shards (F4 to F6). */
#include <stdlib.h>

#include "shard.h"

#define JITTER_SHIFT 4 /* RFC 3550 §A.8: in sixteenths */

static void tell(lc_shard *shard, enum lc_event_kind kind, const lc_view *view, uint64_t other,
                 uint64_t count, int64_t now_ns)
{
    lc_event *event = lc_event_new(kind, view->id, NULL, 0, now_ns);
    event->other = other;
    event->count = count;
    lc_shard_tell(shard, event);
}

/* Begins anew where the packet does not continue what came before (F5). */
static void follow(lc_shard *shard, lc_view *view, const lc_packet *packet)
{
    lc_intake *intake = view->intake;
    bool changed = intake->ssrc != 0 && intake->ssrc != packet->ssrc;
    if (changed || !lc_history_continues(&view->history, packet->sequence)) {
        lc_flush(shard);
        intake->lost_before += lc_history_expected(&view->history) - view->history.unique;
        lc_view_begin(view, view->epoch + 1);
        lc_dependency_forget(&intake->dependency);
        intake->has_transit = false;
        intake->jitter = 0;
        LC_ADD(intake->counts->restarts, 1);
    }
    intake->ssrc = packet->ssrc;
    LC_SET(intake->counts->ssrc, packet->ssrc);
}

static bool opens_repair(const lc_view *view, lc_packet *packet)
{
    const lc_source_config *config = &view->config;
    return packet->payload_type == config->rtx_payload_type && view->intake->ssrc != 0 &&
           lc_packet_open_repair(packet, config->payload_type, view->intake->ssrc) &&
           lc_history_continues(&view->history, packet->sequence);
}

/* What is behind the header, read once. */
static void look_into(lc_view *view, lc_packet *packet)
{
    lc_packet_find_elements(packet, &view->config.extensions);
    lc_codec_read(packet, view->config.codec);
    uint8_t size = packet->element_size[LC_DEPENDENCY];
    const uint8_t *element = packet->data + packet->element_at[LC_DEPENDENCY];
    if (size < 3)
        return;
    /* AV1 RTP A.8.2: 16 bits behind the first byte. */
    packet->has_frame_number = true;
    packet->frame_number = lc_get16(element + 1);
    packet->frame = lc_dependency_read(&view->intake->dependency, element, size);
}

static void note_gaps(lc_shard *shard, const lc_view *view, const lc_packet *packet)
{
    const lc_history *history = &view->history;
    int64_t number = packet->number, highest = history->highest;
    if (highest < 0)
        LC_SET(view->intake->counts->first_sequence, packet->sequence);
    else if (!view->config.gaps)
        return;
    else if (history->first < number && number < highest)
        tell(shard, LC_ON_FILLED, view, packet->sequence, 0, packet->arrival_ns);
    else if (number > highest + 1)
        tell(shard, LC_ON_GAP, view, (uint16_t)(highest + 1), (uint64_t)(number - highest - 1),
             packet->arrival_ns);
}

/* RFC 6464 §3: 0 is the loudest; the highest bit says whether it is voice. */
static void note_level(lc_source_counts *counts, const lc_packet *packet)
{
    uint64_t level = packet->data[packet->element_at[LC_AUDIO_LEVEL]] & LC_SILENCE;
    uint64_t known = LC_GET(counts->audio_level);
    /* Python takes it out at any time. */
    while (level < known &&
           !__atomic_compare_exchange_n(&counts->audio_level, &known, level, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

/* RFC 3550 §A.8. */
static void measure_jitter(lc_view *view, const lc_packet *packet)
{
    lc_intake *intake = view->intake;
    uint64_t arrival = lc_ticks((uint64_t)packet->arrival_ns, view->config.clock_rate);
    uint32_t transit = (uint32_t)arrival - packet->timestamp;
    if (intake->has_transit) {
        uint32_t step = transit - intake->transit;
        if (step > 0x80000000U)
            step = 0U - step;
        intake->jitter += step - ((intake->jitter + 8) >> JITTER_SHIFT);
    }
    intake->has_transit = true;
    intake->transit = transit;
    LC_SET(intake->counts->jitter, intake->jitter >> JITTER_SHIFT);
}

static void count(lc_view *view, const lc_packet *packet)
{
    lc_source_counts *counts = view->intake->counts;
    const lc_history *history = &view->history;
    LC_ADD(counts->packets, 1);
    LC_ADD(counts->bytes, packet->payload_size);
    LC_ADD(counts->key_frames, packet->key);
    LC_SET(counts->last_packet_ns, (uint64_t)packet->arrival_ns);
    LC_SET(counts->highest_sequence, (uint64_t)history->highest & 0xFFFFFFFF);
    LC_SET(counts->lost,
           view->intake->lost_before + lc_history_expected(history) - history->unique);
    if (packet->element_size[LC_AUDIO_LEVEL])
        note_level(counts, packet);
}

/* Python reads how large its pictures are. */
static void tell_key_frame(lc_shard *shard, const lc_view *view, const lc_packet *packet)
{
    lc_intake *intake = view->intake;
    if (intake->has_size && packet->arrival_ns - intake->size_ns < LC_SIZE_SPACING_NS)
        return;
    intake->has_size = true;
    intake->size_ns = packet->arrival_ns;
    size_t size = packet->payload_size < LC_SIZE_SAID ? packet->payload_size : LC_SIZE_SAID;
    lc_shard_tell(shard, lc_event_new(LC_ON_KEY_FRAME, view->id,
                                      packet->data + packet->payload_at, size,
                                      packet->arrival_ns));
}

static void hand_on(lc_shard *shard, const lc_view *view, lc_packet *packet)
{
    for (uint64_t left = view->intake->subscribers; left; left &= left - 1)
        lc_shard_post(shard, (uint32_t)__builtin_ctzll(left),
                      (lc_message){.kind = LC_ACCEPTED,
                                   .id = view->id,
                                   .object = lc_packet_keep(packet)});
}

void lc_intake_take(lc_shard *shard, lc_view *view, lc_packet *packet, bool repair)
{
    if (view->config.tap)
        lc_shard_tell(shard, lc_event_new(LC_ON_PACKET, view->id, packet->data, packet->size,
                                          packet->arrival_ns));
    if (!lc_packet_parse(packet) || (repair && !opens_repair(view, packet)) ||
        packet->payload_type != view->config.payload_type)
        return;
    if (!repair)
        follow(shard, view, packet);
    packet->number = lc_history_number(&view->history, packet->sequence);
    if (packet->number < 0) {
        LC_ADD(view->intake->counts->duplicates, 1);
        return;
    }
    packet->epoch = view->epoch;
    packet->newest = packet->number > view->history.highest;
    note_gaps(shard, view, packet);
    look_into(view, packet);
    hand_on(shard, view, packet);
    lc_view_accept(shard, view, packet);
    count(view, packet);
    if (packet->key)
        tell_key_frame(shard, view, packet);
    if (!repair)
        measure_jitter(view, packet);
}

void lc_intake_report(lc_shard *shard, lc_view *view, const lc_report *report)
{
    lc_source_counts *counts = view->intake->counts;
    LC_SET(counts->last_sender_report, report->ntp >> 16 & 0xFFFFFFFF);
    LC_SET(counts->last_sender_report_ns, (uint64_t)report->now_ns);
    for (uint64_t left = view->intake->subscribers; left; left &= left - 1) {
        lc_report *copy = lc_new(sizeof *copy);
        *copy = *report;
        lc_shard_post(shard, (uint32_t)__builtin_ctzll(left),
                      (lc_message){.kind = LC_REPORT, .id = view->id, .object = copy});
    }
    lc_send_reports(shard, view, report);
}

void lc_intake_subscribe(lc_shard *shard, lc_view *view, uint32_t subscriber)
{
    const lc_history *history = &view->history;
    uint64_t bit = 1ULL << subscriber;
    if (view->intake->subscribers & bit)
        return;
    view->intake->subscribers |= bit;
    lc_snapshot *snapshot =
        lc_new(sizeof *snapshot + history->size * sizeof *snapshot->packets);
    snapshot->epoch = view->epoch;
    snapshot->report = view->report;
    for (int64_t number = history->highest - history->size + 1; number <= history->highest;
         number++) {
        lc_packet *packet = lc_history_get(history, number);
        if (packet != NULL)
            snapshot->packets[snapshot->count++] = lc_packet_keep(packet);
    }
    lc_shard_post(shard, subscriber,
                  (lc_message){.kind = LC_SNAPSHOT, .id = view->id, .object = snapshot});
}
