/* One outgoing stream: whether a packet goes out, and under which numbers. Never sends. */
#include <stdlib.h>

#include "shard.h"

#define HALF_TURN 0x80000000U
/* Seconds between two captures beyond which we believe none of them. */
#define MAX_DISTANCE 10

void lc_outlet_free(lc_outlet *outlet)
{
    lc_rewriter_free(&outlet->rewriter);
    lc_counts_release(outlet->counts);
    free(outlet->layering);
    free(outlet->marked);
    free(outlet->resent_ns);
    free(outlet);
}

void lc_outlet_close(lc_shard *shard, lc_outlet *outlet)
{
    lc_pacing_forget(shard, outlet);
    lc_outlet_leave_target(outlet);
    lc_outlet_leave_source(outlet);
    lc_route_remove(outlet->route, outlet);
    lc_map_remove(&shard->outlets, outlet->id);
    lc_outlet_free(outlet);
}

void lc_outlet_leave_target(lc_outlet *outlet)
{
    lc_crowd_leave(LC_WAITING, outlet);
    lc_crowd_leave(LC_AWAITING, outlet);
}

void lc_outlet_leave_source(lc_outlet *outlet)
{
    lc_view *view = outlet->in[LC_CARRYING];
    const lc_rewriter *rewriter = &outlet->rewriter;
    if (view != NULL && rewriter->has_last && rewriter->last_run.source == view->id)
        outlet->last_report = lc_view_report(view, rewriter->last_run.epoch);
    lc_crowd_leave(LC_CARRYING, outlet);
    outlet->cursor = -1;
    outlet->has_run = false;
    free(outlet->layering);
    outlet->layering = NULL;
    LC_SET(outlet->counts->source, 0);
}

void lc_outlet_carry(lc_outlet *outlet, lc_view *view)
{
    lc_outlet_leave_target(outlet);
    lc_outlet_leave_source(outlet);
    lc_crowd_join(view, LC_CARRYING, outlet);
    outlet->burst_from = 0;
    outlet->switched = true;
    LC_SET(outlet->counts->source, view->id);
}

bool lc_outlet_asks_key_frame(lc_outlet *outlet, int64_t now_ns)
{
    if (outlet->asked_ns && now_ns - outlet->asked_ns < LC_KEY_FRAME_SPACING_NS)
        return false;
    outlet->asked_ns = now_ns;
    return true;
}

/* -- timestamps over a switch (F10) */

/* The NTP time at which the packet with the timestamp was captured. */
static __int128 captured(const lc_report *report, uint32_t timestamp, uint32_t rate)
{
    int64_t ticks = (int64_t)(uint32_t)(timestamp - report->timestamp + HALF_TURN) - HALF_TURN;
    __int128 scaled = (__int128)ticks * ((__int128)1 << 32);
    __int128 passed = scaled / rate;
    /* Rounded down, also below zero. */
    if (scaled < 0 && passed * rate != scaled)
        passed--;
    return (__int128)report->ntp + passed;
}

/* Ticks between two captures; false where that is not known, or not to be believed. */
static bool distance(const lc_report *before, uint32_t earlier, const lc_report *after,
                     uint32_t later, uint32_t rate, uint32_t *ticks)
{
    if (!before->is_known || !after->is_known || !before->ntp || !after->ntp)
        return false;
    __int128 passed = captured(after, later, rate) - captured(before, earlier, rate);
    if (passed < 0 || passed > (__int128)MAX_DISTANCE << 32)
        return false;
    *ticks = (uint32_t)((passed * rate) >> 32);
    return true;
}

/* From the last packet that went out to `packet`. */
static uint32_t ticks_to(const lc_shard *shard, const lc_outlet *outlet, const lc_view *view,
                         const lc_packet *packet)
{
    const lc_rewriter *rewriter = &outlet->rewriter;
    uint32_t ticks;
    if (!rewriter->has_last)
        return 0;
    const lc_view *former = lc_map_get(&shard->views, rewriter->last_run.source);
    lc_report before = outlet->last_report, after = lc_view_report(view, packet->epoch);
    if (former != NULL && lc_view_report(former, rewriter->last_run.epoch).is_known)
        before = lc_view_report(former, rewriter->last_run.epoch);
    if (distance(&before, rewriter->last_timestamp, &after, packet->timestamp, outlet->clock_rate,
                 &ticks))
        return ticks;
    int64_t passed = packet->arrival_ns - rewriter->last_arrival_ns;
    return passed > 0 ? (uint32_t)lc_ticks((uint64_t)passed, outlet->clock_rate) : 0;
}

/* -- each packet */

static lc_run *begin(const lc_shard *shard, lc_outlet *outlet, const lc_view *view,
                     const lc_packet *packet)
{
    const lc_selection *selection = &outlet->selection;
    uint32_t ticks = ticks_to(shard, outlet, view, packet);
    lc_run *run = lc_rewriter_begin(&outlet->rewriter, packet, view->id, ticks);
    run->payload_type = selection->payload_type;
    run->rtx_payload_type = selection->rtx_payload_type;
    outlet->last_report.is_known = false;
    outlet->has_run = true;
    free(outlet->layering);
    outlet->layering = NULL;
    if (selection->spatial != LC_ALL_LAYERS || selection->temporal != LC_ALL_LAYERS)
        outlet->layering = lc_layering_new(selection->spatial, selection->temporal);
    return run;
}

static void mark(lc_outlet *outlet, uint32_t carry, int64_t number)
{
    if (outlet->marked == NULL)
        outlet->marked = lc_new(LC_MARKED * sizeof *outlet->marked);
    uint32_t index = outlet->marked_count++ % LC_MARKED;
    outlet->marked[index].carry = carry;
    outlet->marked[index].number = number;
}

static bool was_marked(const lc_outlet *outlet, uint32_t carry, int64_t number)
{
    uint32_t count = outlet->marked_count < LC_MARKED ? outlet->marked_count : LC_MARKED;
    for (uint32_t index = 0; index < count; index++)
        if (outlet->marked[index].carry == carry && outlet->marked[index].number == number)
            return true;
    return false;
}

static bool takes_layer(lc_outlet *outlet, const lc_packet *packet, const lc_run *run)
{
    lc_rewriter *rewriter = &outlet->rewriter;
    /* One before a packet that was left out is late, though nothing after it has gone out. */
    bool late = run != lc_rewriter_run(rewriter) ||
                packet->number + run->number <= rewriter->highest;
    if (lc_layering_takes(outlet->layering, packet, late)) {
        outlet->marker = packet->marker || lc_layering_ends_picture(outlet->layering, packet);
        if (outlet->marker && !packet->marker)
            mark(outlet, run->carry, packet->number);
        return true;
    }
    if (late)
        lc_rewriter_withhold(rewriter, packet, run);
    else
        lc_rewriter_leave_out(rewriter, packet);
    return false;
}

static lc_shot shot_of(const lc_outlet *outlet, lc_packet *packet, const lc_run *run, bool marker)
{
    return (lc_shot){
        .packet = packet,
        .ssrc = outlet->ssrc,
        .timestamp = packet->timestamp + run->timestamp,
        .sequence = (uint16_t)(packet->number + run->number),
        .second = (uint8_t)(run->payload_type | (marker ? 0x80 : 0)),
        .patches = run->patches,
        .may_recur = !outlet->rtx_ssrc || !run->rtx_payload_type,
        .tl0 = run->tl0,
        .frame = run->frame,
        .picture = run->picture,
    };
}

bool lc_outlet_take(lc_shard *shard, lc_outlet *outlet, lc_packet *packet, lc_shot *shot)
{
    const lc_view *view = outlet->in[LC_CARRYING];
    if (outlet->cursor >= 0) {
        if (packet->epoch != outlet->cursor_epoch)
            outlet->cursor = -1;
        else if (packet->number >= outlet->cursor)
            /* The replay comes to it. */
            return false;
    }
    lc_run *run = outlet->has_run ? lc_rewriter_run(&outlet->rewriter) : NULL;
    if (run == NULL || run->source != view->id || run->epoch != packet->epoch)
        run = begin(shard, outlet, view, packet);
    else if (packet->number < run->first)
        run = lc_rewriter_find(&outlet->rewriter, packet->number);
    if (run == NULL)
        return false;
    if (outlet->layering == NULL)
        outlet->marker = packet->marker;
    else if (!takes_layer(outlet, packet, run))
        return false;
    lc_rewriter_sent(&outlet->rewriter, packet, run);
    *shot = shot_of(outlet, packet, run, outlet->marker);
    outlet->timestamp = shot->timestamp;
    LC_ADD(outlet->counts->packets, 1);
    LC_ADD(outlet->counts->bytes, packet->payload_size);
    return true;
}

/* -- once more (F17) */

static bool may_resend(lc_outlet *outlet, uint16_t sequence, int64_t now_ns)
{
    const int64_t each_ns = LC_SECOND / LC_RESEND_RATE;
    if (outlet->resent_ns == NULL)
        outlet->resent_ns = lc_new(LC_VIDEO_HISTORY * sizeof *outlet->resent_ns);
    int64_t *before = &outlet->resent_ns[sequence % LC_VIDEO_HISTORY];
    if (*before && now_ns - *before < LC_RESEND_SPACING_NS)
        return false;
    *before = now_ns;
    int64_t free_ns = (outlet->free_ns > now_ns ? outlet->free_ns : now_ns) + each_ns;
    if (free_ns - now_ns > LC_RESEND_BURST * each_ns)
        return false;
    outlet->free_ns = free_ns;
    return true;
}

lc_shot lc_outlet_recall(lc_shard *shard, lc_outlet *outlet, uint16_t sequence, int64_t now_ns)
{
    int64_t incoming;
    lc_run *run = lc_rewriter_original(&outlet->rewriter, sequence, &incoming);
    const lc_view *view = run != NULL ? lc_map_get(&shard->views, run->source) : NULL;
    lc_packet *packet = view != NULL && view->epoch == run->epoch
                            ? lc_history_get(&view->history, incoming)
                            : NULL;
    if (packet == NULL || !may_resend(outlet, sequence, now_ns))
        return (lc_shot){0};
    bool marker = packet->marker || was_marked(outlet, run->carry, packet->number);
    lc_shot shot = shot_of(outlet, packet, run, marker);
    if (outlet->rtx_ssrc && run->rtx_payload_type) {
        shot.is_repair = true;
        shot.original = shot.sequence;
        shot.sequence = outlet->rtx_number++;
        shot.ssrc = outlet->rtx_ssrc;
        shot.second = (uint8_t)(run->rtx_payload_type | (marker ? 0x80 : 0));
    }
    return shot;
}
