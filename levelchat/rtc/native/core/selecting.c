/* Which source an outlet carries, and from when on (F11 to F13). */
#include "shard.h"

static bool wants_all(const lc_selection *selection)
{
    return selection->spatial == LC_ALL_LAYERS && selection->temporal == LC_ALL_LAYERS;
}

/* The same source, other payload types or layers. */
static void adjust(lc_outlet *outlet, const lc_selection *selection)
{
    lc_layering *layering = outlet->layering;
    if (!outlet->has_run)
        return;
    lc_run *run = lc_rewriter_run(&outlet->rewriter);
    run->payload_type = selection->payload_type;
    run->rtx_payload_type = selection->rtx_payload_type;
    if (layering != NULL) {
        layering->spatial = selection->spatial;
        layering->temporal = selection->temporal;
    } else if (!wants_all(selection)) {
        /* Limits count from the next picture on. */
        outlet->layering = lc_layering_new(selection->spatial, selection->temporal);
        outlet->layering->has_timestamp = outlet->rewriter.has_last;
        outlet->layering->timestamp = outlet->rewriter.last_timestamp;
    }
}

static void await_snapshot(lc_shard *shard, lc_outlet *outlet, lc_view *view)
{
    lc_crowd_join(view, LC_AWAITING, outlet);
    if (view->state == LC_SUBSCRIBING)
        return;
    view->state = LC_SUBSCRIBING;
    lc_shard_post(shard, view->home,
                  (lc_message){.kind = LC_SUBSCRIBE, .id = view->id, .value = shard->index});
}

void lc_select(lc_shard *shard, lc_outlet *outlet, const lc_selection *selection)
{
    lc_view *view = lc_map_get(&shard->views, selection->source);
    outlet->selection = *selection;
    lc_outlet_leave_target(outlet);
    if (view == NULL)
        lc_outlet_leave_source(outlet);
    else if (view == outlet->in[LC_CARRYING])
        adjust(outlet, selection);
    else if (view->state == LC_LIVE)
        lc_select_now(shard, outlet, view);
    else
        await_snapshot(shard, outlet, view);
}

void lc_select_now(lc_shard *shard, lc_outlet *outlet, lc_view *view)
{
    const lc_selection *selection = &outlet->selection;
    bool was_paused = outlet->in[LC_CARRYING] == NULL;
    bool replays = selection->replay && outlet->is_video && was_paused;
    int64_t key = lc_history_key_frame(&view->history);
    view->used_ns = lc_now(shard);
    if (replays && key >= 0) {
        lc_outlet_carry(outlet, view);
        outlet->cursor = key;
        outlet->cursor_epoch = view->epoch;
        lc_replay_begin(shard, outlet);
        return;
    }
    if (selection->at_once || !outlet->is_video) {
        lc_outlet_carry(outlet, view);
        if (!replays)
            return;
    } else {
        lc_crowd_join(view, LC_WAITING, outlet);
    }
    lc_ask_key_frame(shard, outlet, lc_now(shard));
}
