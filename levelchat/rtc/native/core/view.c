/* Sources as one shard sees them: their newest packets and who shall have them.
 *
 * The home of a source sends what it has taken to each shard that wants it, and first what came
 * before (a snapshot); so all shards see the same packets under the same numbers.
 */
#include <stdlib.h>

#include "shard.h"

/* A source that nobody carries here any more is let go after this. */
#define IDLE_NS (10 * LC_SECOND)

lc_view *lc_view_new(const lc_source_opening *opening)
{
    lc_view *view = lc_new(sizeof *view);
    view->id = opening->id;
    view->home = opening->home;
    view->config = opening->config;
    lc_history_init(&view->history, opening->config.history);
    if (opening->counts != NULL) {
        view->intake = lc_new(sizeof *view->intake);
        view->intake->counts = opening->counts;
        view->state = LC_LIVE;
    }
    return view;
}

void lc_view_free(lc_view *view)
{
    for (uint32_t index = 0; index < view->burst_count; index++)
        lc_packet_release(view->burst[index]);
    for (int kind = 0; kind < LC_CROWDS; kind++)
        free(view->crowds[kind].outlets);
    lc_history_forget(&view->history);
    if (view->intake != NULL) {
        lc_dependency_forget(&view->intake->dependency);
        lc_counts_release(view->intake->counts);
        free(view->intake);
    }
    free(view);
}

void lc_view_close(lc_shard *shard, lc_view *view)
{
    lc_map_remove(&shard->views, view->id);
    while (view->crowds[LC_CARRYING].count) {
        lc_outlet *outlet = view->crowds[LC_CARRYING].outlets[0];
        lc_pacing_forget(shard, outlet);
        lc_outlet_leave_source(outlet);
    }
    while (view->crowds[LC_WAITING].count)
        lc_crowd_leave(LC_WAITING, view->crowds[LC_WAITING].outlets[0]);
    while (view->crowds[LC_AWAITING].count)
        lc_crowd_leave(LC_AWAITING, view->crowds[LC_AWAITING].outlets[0]);
    LC_MAP_EACH(&shard->routes, lc_route, route)
        lc_route_detach(route, view->id);
    lc_view_free(view);
}

void lc_view_begin(lc_view *view, uint32_t epoch)
{
    view->former_report = epoch == view->epoch + 1 ? view->report : (lc_report){0};
    view->report = (lc_report){0};
    view->epoch = epoch;
    lc_history_forget(&view->history);
}

lc_report lc_view_report(const lc_view *view, uint32_t epoch)
{
    if (epoch == view->epoch)
        return view->report;
    return epoch + 1 == view->epoch ? view->former_report : (lc_report){0};
}

static void mark_dirty(lc_shard *shard, lc_view *view)
{
    if (view->crowds[LC_WAITING].count)
        shard->dirty_waits = true;
    if (view->is_dirty)
        return;
    view->is_dirty = true;
    view->next_dirty = NULL;
    *shard->dirty_end = view;
    shard->dirty_end = &view->next_dirty;
}

void lc_view_accept(lc_shard *shard, lc_view *view, lc_packet *packet)
{
    if (packet->epoch != view->epoch) {
        lc_flush(shard);
        lc_view_begin(view, packet->epoch);
    }
    bool waits = view->crowds[LC_WAITING].count != 0;
    bool others = shard->dirty != NULL && (shard->dirty != view || view->next_dirty != NULL);
    /* Who goes over from one source to another must see the packets of both in order. */
    if (view->burst_count == LC_BURST || (others && (waits || shard->dirty_waits)))
        lc_flush(shard);
    lc_history_add(&view->history, packet);
    if (view->crowds[LC_CARRYING].count == 0 && !waits)
        return;
    view->burst[view->burst_count++] = lc_packet_keep(packet);
    mark_dirty(shard, view);
}

void lc_view_restore(lc_shard *shard, lc_view *view, lc_snapshot *snapshot)
{
    if (view->state == LC_LIVE)
        return;
    lc_view_begin(view, snapshot->epoch);
    view->report = snapshot->report;
    for (uint32_t index = 0; index < snapshot->count; index++)
        lc_history_add(&view->history, snapshot->packets[index]);
    view->state = LC_LIVE;
    view->used_ns = lc_now(shard);
    while (view->crowds[LC_AWAITING].count) {
        lc_outlet *outlet = view->crowds[LC_AWAITING].outlets[0];
        lc_crowd_leave(LC_AWAITING, outlet);
        lc_select_now(shard, outlet, view);
    }
}

void lc_snapshot_free(lc_snapshot *snapshot)
{
    for (uint32_t index = 0; index < snapshot->count; index++)
        lc_packet_release(snapshot->packets[index]);
    free(snapshot);
}

void lc_source_opening_free(lc_source_opening *opening)
{
    if (opening->counts != NULL)
        lc_counts_release(opening->counts);
    free(opening);
}

static bool is_idle(const lc_view *view, int64_t now_ns)
{
    return view->intake == NULL && view->state == LC_LIVE &&
           view->crowds[LC_CARRYING].count == 0 && view->crowds[LC_WAITING].count == 0 &&
           now_ns - view->used_ns > IDLE_NS;
}

void lc_views_sweep(lc_shard *shard, int64_t now_ns)
{
    LC_MAP_EACH(&shard->views, lc_view, view) {
        if (!is_idle(view, now_ns))
            continue;
        lc_view_begin(view, 0);
        view->state = LC_STRANGE;
        lc_shard_post(shard, view->home,
                      (lc_message){.kind = LC_UNSUBSCRIBE, .id = view->id, .value = shard->index});
    }
}

void lc_crowd_join(lc_view *view, enum lc_crowd_kind kind, lc_outlet *outlet)
{
    lc_crowd *crowd = &view->crowds[kind];
    if (crowd->count == crowd->size) {
        crowd->size = crowd->size ? crowd->size * 2 : 4;
        crowd->outlets = lc_grown(crowd->outlets, crowd->size * sizeof(lc_outlet *));
    }
    outlet->in[kind] = view;
    outlet->place[kind] = crowd->count;
    crowd->outlets[crowd->count++] = outlet;
}

void lc_crowd_leave(enum lc_crowd_kind kind, lc_outlet *outlet)
{
    lc_view *view = outlet->in[kind];
    if (view == NULL)
        return;
    lc_crowd *crowd = &view->crowds[kind];
    lc_outlet *last = crowd->outlets[--crowd->count];
    last->place[kind] = outlet->place[kind];
    crowd->outlets[last->place[kind]] = last;
    outlet->in[kind] = NULL;
}
