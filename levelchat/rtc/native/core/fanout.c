/* Each burst of a source to the outlets that carry it: one look at each outlet a packet. */
#include "shard.h"

void lc_ask_key_frame(lc_shard *shard, lc_outlet *outlet, int64_t now_ns)
{
    if (lc_outlet_asks_key_frame(outlet, now_ns))
        lc_shard_tell(shard,
                      lc_event_new(LC_ON_KEY_FRAME_WANTED, outlet->id, NULL, 0, now_ns));
}

void lc_tell_switched(lc_shard *shard, lc_outlet *outlet, int64_t now_ns)
{
    if (!outlet->switched)
        return;
    outlet->switched = false;
    lc_event *event = lc_event_new(LC_ON_SWITCHED, outlet->id, NULL, 0, now_ns);
    event->other = outlet->in[LC_CARRYING]->id;
    lc_shard_tell(shard, event);
}

/* The first packet of the burst with which outlets may go over; the burst's size if there is none.
 */
static uint32_t key_frame_in(const lc_view *view)
{
    uint32_t index = 0;
    while (index < view->burst_count &&
           !(view->burst[index]->key && view->burst[index]->newest))
        index++;
    return index;
}

static void go_over(lc_shard *shard, lc_view *view)
{
    lc_crowd *waiting = &view->crowds[LC_WAITING];
    uint32_t key = key_frame_in(view);
    for (uint32_t index = waiting->count; index-- > 0;) {
        lc_outlet *outlet = waiting->outlets[index];
        for (uint32_t at = 0; at < key; at++)
            lc_ask_key_frame(shard, outlet, view->burst[at]->arrival_ns);
        if (key == view->burst_count)
            continue;
        lc_outlet_carry(outlet, view);
        outlet->burst_from = key;
    }
}

static void feed(lc_shard *shard, const lc_view *view, lc_outlet *outlet)
{
    lc_shot shots[LC_BURST];
    uint32_t count = 0;
    for (uint32_t index = outlet->burst_from; index < view->burst_count; index++) {
        lc_packet *packet = view->burst[index];
        if (lc_outlet_take(shard, outlet, packet, &shots[count])) {
            count++;
            lc_tell_switched(shard, outlet, packet->arrival_ns);
        }
        if (outlet->layering != NULL && lc_layering_needs_key_frame(outlet->layering))
            lc_ask_key_frame(shard, outlet, packet->arrival_ns);
    }
    outlet->burst_from = 0;
    if (count)
        lc_wire_shoot(shard, outlet->route, &outlet->extensions, shots, count);
}

void lc_fan_out(lc_shard *shard, lc_view *view)
{
    lc_crowd *carrying = &view->crowds[LC_CARRYING];
    if (view->crowds[LC_WAITING].count)
        go_over(shard, view);
    uint32_t count = carrying->count;
    for (uint32_t index = 0; index < count; index++)
        feed(shard, view, carrying->outlets[(view->turn + index) % count]);
    /* Nobody is always last. */
    if (count)
        view->turn = (view->turn + count / 2 + 1) % count;
    lc_wire_flush(shard);
    for (uint32_t index = 0; index < view->burst_count; index++)
        lc_packet_release(view->burst[index]);
    view->burst_count = 0;
}

void lc_flush(lc_shard *shard)
{
    while (shard->dirty != NULL) {
        lc_view *view = shard->dirty;
        shard->dirty = view->next_dirty;
        if (shard->dirty == NULL)
            shard->dirty_end = &shard->dirty;
        view->is_dirty = false;
        view->next_dirty = NULL;
        lc_fan_out(shard, view);
    }
    shard->dirty_waits = false;
}
