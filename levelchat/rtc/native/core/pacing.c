/* What goes out by the clock: replays of what came before (F12), and padding that probes. */
#include "shard.h"

#define MAX_BITRATE 5000000
#define PACKET_BITS (8 * 267)
/* Packets of one probe at a time. */
#define MAX_PADDING LC_BURST

static void schedule(lc_shard *shard)
{
    if (shard->tick_ns == 0)
        shard->tick_ns = lc_now(shard) + LC_REPLAY_TICK_NS;
}

/* Sends up to `count` packets that the replay comes to next. */
static void replay(lc_shard *shard, lc_outlet *outlet, uint32_t count, int64_t now_ns)
{
    lc_shot shots[LC_REPLAY_BURST];
    uint32_t taken = 0;
    const lc_view *view = outlet->in[LC_CARRYING];
    if (view == NULL || outlet->cursor < 0 || view->epoch != outlet->cursor_epoch) {
        outlet->cursor = -1;
        return;
    }
    const lc_history *history = &view->history;
    if (outlet->cursor <= history->highest - history->size)
        outlet->cursor = history->highest - history->size + 1;
    while (count && outlet->cursor <= history->highest) {
        lc_packet *packet = lc_history_get(history, outlet->cursor++);
        if (packet == NULL)
            continue;
        count--;
        if (lc_outlet_take(shard, outlet, packet, &shots[taken])) {
            taken++;
            lc_tell_switched(shard, outlet, now_ns);
        }
    }
    if (outlet->cursor > history->highest)
        outlet->cursor = -1;
    lc_wire_shoot(shard, outlet->route, &outlet->extensions, shots, taken);
}

void lc_replay_begin(lc_shard *shard, lc_outlet *outlet)
{
    replay(shard, outlet, LC_REPLAY_BURST, lc_now(shard));
    if (outlet->cursor < 0 || outlet->is_replaying)
        return;
    outlet->is_replaying = true;
    outlet->next_replaying = shard->replaying;
    shard->replaying = outlet;
    schedule(shard);
}

void lc_probe_begin(lc_shard *shard, lc_outlet *outlet, int64_t bitrate, int64_t milliseconds)
{
    int64_t duration = milliseconds < 1000 ? milliseconds * 1000000 : LC_SECOND;
    outlet->probe.bitrate = bitrate < MAX_BITRATE ? bitrate : MAX_BITRATE;
    outlet->probe.duration_ns = duration;
    outlet->probe.began_ns = lc_now(shard);
    outlet->probe.sent = 0;
    if (outlet->is_probing)
        return;
    outlet->is_probing = true;
    outlet->next_probing = shard->probing;
    shard->probing = outlet;
    schedule(shard);
}

/* Whether padding could go out now: of the outlet's own numbers only between two pictures. */
static bool pad(lc_shard *shard, lc_outlet *outlet, uint32_t count)
{
    lc_shot shots[MAX_PADDING];
    lc_rewriter *rewriter = &outlet->rewriter;
    if (!outlet->has_run || !rewriter->has_last)
        return false;
    const lc_run *run = lc_rewriter_run(rewriter);
    lc_shot shot = {.timestamp = outlet->timestamp};
    if (outlet->rtx_ssrc && run->rtx_payload_type) {
        shot.ssrc = outlet->rtx_ssrc;
        shot.second = run->rtx_payload_type;
        shot.sequence = outlet->rtx_number;
        outlet->rtx_number = (uint16_t)(outlet->rtx_number + count);
    } else if (outlet->marker || !outlet->is_video) {
        shot.ssrc = outlet->ssrc;
        shot.second = run->payload_type;
        shot.sequence = (uint16_t)lc_rewriter_pad(rewriter, count);
    } else {
        return false;
    }
    for (uint32_t index = 0; index < count; index++, shot.sequence++)
        shots[index] = shot;
    lc_wire_shoot(shard, outlet->route, &outlet->extensions, shots, count);
    return true;
}

/* Whether the probe is over. */
static bool probe(lc_shard *shard, lc_outlet *outlet, int64_t now_ns)
{
    int64_t passed = now_ns - outlet->probe.began_ns;
    int64_t counted = passed < outlet->probe.duration_ns ? passed : outlet->probe.duration_ns;
    int64_t due = outlet->probe.bitrate * counted / (PACKET_BITS * LC_SECOND) - outlet->probe.sent;
    if (due > MAX_PADDING)
        due = MAX_PADDING;
    if (due > 0 && pad(shard, outlet, (uint32_t)due))
        outlet->probe.sent += due;
    return passed >= outlet->probe.duration_ns;
}

void lc_pacing_forget(lc_shard *shard, lc_outlet *outlet)
{
    for (lc_outlet **at = &shard->replaying; outlet->is_replaying; at = &(*at)->next_replaying)
        if (*at == outlet) {
            *at = outlet->next_replaying;
            outlet->is_replaying = false;
            break;
        }
    for (lc_outlet **at = &shard->probing; outlet->is_probing; at = &(*at)->next_probing)
        if (*at == outlet) {
            *at = outlet->next_probing;
            outlet->is_probing = false;
            break;
        }
}

void lc_pacing_turn(lc_shard *shard, int64_t now_ns)
{
    if (shard->tick_ns == 0 || now_ns < shard->tick_ns)
        return;
    /* A replay takes what is in the history, and that must not go out once more. */
    lc_flush(shard);
    for (lc_outlet **at = &shard->replaying; *at != NULL;) {
        lc_outlet *outlet = *at;
        replay(shard, outlet, LC_REPLAY_CHUNK, now_ns);
        if (outlet->cursor >= 0) {
            at = &outlet->next_replaying;
            continue;
        }
        outlet->is_replaying = false;
        *at = outlet->next_replaying;
    }
    for (lc_outlet **at = &shard->probing; *at != NULL;) {
        lc_outlet *outlet = *at;
        if (!probe(shard, outlet, now_ns)) {
            at = &outlet->next_probing;
            continue;
        }
        outlet->is_probing = false;
        *at = outlet->next_probing;
    }
    shard->tick_ns = 0;
    if (shard->replaying != NULL || shard->probing != NULL)
        schedule(shard);
}
