/* Python's side of the core. It only notes who is where and puts messages into inboxes; it never
 * waits for a shard but to end it.
 */
#include "core.h"

#include <errno.h>
#include <stdlib.h>

#define NOWHERE UINT32_MAX

typedef struct {
    uint32_t shard;
    lc_route_counts *counts;
    uint64_t *outlets;
    uint32_t count, size;
} route_entry;

typedef struct {
    uint32_t home; /* NOWHERE until somebody sends or wants its packets */
    lc_source_config config;
    lc_source_counts *counts;
} source_entry;

typedef struct {
    uint32_t shard;
    uint64_t route;
    lc_outlet_counts *counts;
} outlet_entry;

static void free_route(route_entry *entry)
{
    lc_counts_release(entry->counts);
    free(entry->outlets);
    free(entry);
}

static void free_source(source_entry *entry)
{
    lc_counts_release(entry->counts);
    /* The reference that a home would have had. */
    if (entry->home == NOWHERE)
        lc_counts_release(entry->counts);
    free(entry);
}

static void free_outlet(outlet_entry *entry)
{
    lc_counts_release(entry->counts);
    free(entry);
}

/* -- open and close */

bool lc_core_open(lc_core *core, const int *fds, uint32_t count)
{
    lc_common *common = &core->common;
    uint32_t started = 0;
    if (count > LC_MAX_SHARDS) {
        errno = EINVAL;
        return false;
    }
    if (!lc_events_open(&common->events))
        return false;
    for (; common->shard_count < count; common->shard_count++) {
        uint32_t index = common->shard_count;
        common->shards[index] = lc_shard_new(common, index, fds[index]);
        if (common->shards[index] == NULL)
            break;
    }
    /* Each thread may write to any shard's inbox: all must be there. */
    while (common->shard_count == count && started < count &&
           lc_shard_start(common->shards[started]))
        started++;
    if (started == count)
        return true;
    int error = errno;
    lc_core_close(core);
    errno = error;
    return false;
}

static void end_shards(lc_common *common)
{
    for (uint32_t index = 0; index < common->shard_count; index++) {
        lc_message stop = {.kind = LC_STOP};
        lc_inbox_put(&common->shards[index]->inbox, &stop, 1);
    }
    for (uint32_t index = 0; index < common->shard_count; index++)
        if (common->shards[index]->has_thread)
            pthread_join(common->shards[index]->thread, NULL);
    for (uint32_t index = 0; index < common->shard_count; index++)
        lc_shard_free(common->shards[index]);
}

void lc_core_close(lc_core *core)
{
    end_shards(&core->common);
    LC_MAP_EACH(&core->routes, route_entry, entry)
        free_route(entry);
    LC_MAP_EACH(&core->sources, source_entry, entry)
        free_source(entry);
    LC_MAP_EACH(&core->outlets, outlet_entry, entry)
        free_outlet(entry);
    lc_map_free(&core->routes);
    lc_map_free(&core->sources);
    lc_map_free(&core->outlets);
    lc_events_close(&core->common.events);
    core->common.shard_count = 0;
}

lc_totals lc_core_totals(const lc_core *core)
{
    lc_totals sum = {.dropped_packets = core->dropped};
    for (uint32_t index = 0; index < core->common.shard_count; index++) {
        const lc_totals *of = &core->common.shards[index]->totals;
        sum.received += LC_GET(of->received);
        sum.forwarded += LC_GET(of->forwarded);
        sum.resent += LC_GET(of->resent);
        sum.forwarded_bytes += LC_GET(of->forwarded_bytes);
        sum.unknown += LC_GET(of->unknown);
        sum.srtp_errors += LC_GET(of->srtp_errors);
        sum.send_errors += LC_GET(of->send_errors);
        sum.dropped_packets += LC_GET(of->dropped_packets);
    }
    return sum;
}

int lc_core_family(const lc_core *core, uint32_t shard)
{
    return shard < core->common.shard_count ? core->common.shards[shard]->family : AF_UNSPEC;
}

int lc_core_shard_of(const lc_core *core, uint64_t route)
{
    const route_entry *entry = lc_map_get(&core->routes, route);
    return entry != NULL ? (int)entry->shard : -1;
}

/* -- messages */

void lc_core_post(lc_core *core, uint32_t shard, lc_message message)
{
    if (shard < core->common.shard_count &&
        lc_inbox_put(&core->common.shards[shard]->inbox, &message, 1) == 0)
        return;
    core->dropped += message.kind != LC_SEND;
    lc_message_free(&message);
}

void lc_core_post_route(lc_core *core, uint64_t route, lc_message message)
{
    const route_entry *entry = lc_map_get(&core->routes, route);
    message.id = route;
    if (entry != NULL)
        lc_core_post(core, entry->shard, message);
    else
        lc_message_free(&message);
}

void lc_core_post_outlet(lc_core *core, uint64_t outlet, lc_message message)
{
    const outlet_entry *entry = lc_map_get(&core->outlets, outlet);
    message.id = outlet;
    if (entry != NULL)
        lc_core_post(core, entry->shard, message);
    else
        lc_message_free(&message);
}

/* -- routes */

bool lc_core_open_route(lc_core *core, uint32_t shard, lc_route_opening *opening)
{
    route_entry *entry = lc_map_get(&core->routes, opening->id);
    if (shard >= core->common.shard_count) {
        lc_route_opening_free(opening);
        return false;
    }
    if (entry == NULL) {
        entry = lc_new(sizeof *entry);
        entry->shard = shard;
        entry->counts = lc_counts_new(sizeof *entry->counts);
        opening->counts = entry->counts;
        lc_map_put(&core->routes, opening->id, entry);
    }
    lc_core_post(core, entry->shard, (lc_message){.kind = LC_OPEN_ROUTE, .object = opening});
    return true;
}

void lc_core_close_route(lc_core *core, uint64_t route)
{
    lc_core_post_route(core, route, (lc_message){.kind = LC_CLOSE_ROUTE});
    route_entry *entry = lc_map_remove(&core->routes, route);
    if (entry == NULL)
        return;
    for (uint32_t index = 0; index < entry->count; index++) {
        outlet_entry *outlet = lc_map_remove(&core->outlets, entry->outlets[index]);
        if (outlet != NULL)
            free_outlet(outlet);
    }
    free_route(entry);
}

/* -- sources */

void lc_core_open_source(lc_core *core, uint64_t source, const lc_source_config *config)
{
    if (core->common.shard_count == 0 || lc_map_get(&core->sources, source) != NULL)
        return;
    source_entry *entry = lc_new(sizeof *entry);
    entry->home = NOWHERE;
    entry->config = *config;
    entry->counts = lc_counts_new(sizeof *entry->counts);
    entry->counts->audio_level = LC_SILENCE;
    lc_map_put(&core->sources, source, entry);
}

/* Every shard learns of the source; its home, where its packets come, is decided once. */
static void settle(lc_core *core, uint64_t source, source_entry *entry, uint32_t home)
{
    if (entry->home != NOWHERE)
        return;
    entry->home = home;
    for (uint32_t shard = 0; shard < core->common.shard_count; shard++) {
        lc_source_opening *opening = lc_new(sizeof *opening);
        opening->id = source;
        opening->home = home;
        opening->config = entry->config;
        opening->counts = shard == home ? entry->counts : NULL;
        lc_core_post(core, shard, (lc_message){.kind = LC_OPEN_SOURCE, .object = opening});
    }
}

void lc_core_close_source(lc_core *core, uint64_t source)
{
    source_entry *entry = lc_map_remove(&core->sources, source);
    if (entry == NULL)
        return;
    for (uint32_t shard = 0; entry->home != NOWHERE && shard < core->common.shard_count; shard++)
        lc_core_post(core, shard, (lc_message){.kind = LC_CLOSE_SOURCE, .id = source});
    free_source(entry);
}

void lc_core_attach(lc_core *core, uint64_t source, uint64_t route, uint32_t ssrc, bool repair)
{
    source_entry *entry = lc_map_get(&core->sources, source);
    int shard = lc_core_shard_of(core, route);
    if (entry == NULL || shard < 0)
        return;
    settle(core, source, entry, (uint32_t)shard);
    lc_core_post_route(
        core, route,
        (lc_message){.kind = LC_ATTACH, .flag = repair, .value = ssrc, .other = source});
}

void lc_core_push(lc_core *core, uint64_t source, lc_packet *packet)
{
    source_entry *entry = lc_map_get(&core->sources, source);
    if (entry == NULL || packet == NULL) {
        lc_packet_release(packet);
        return;
    }
    settle(core, source, entry, (uint32_t)(source % core->common.shard_count));
    lc_core_post(core, entry->home,
                 (lc_message){.kind = LC_INTAKE, .id = source, .object = packet});
}

/* -- outlets */

void lc_core_open_outlet(lc_core *core, lc_outlet *outlet)
{
    route_entry *route = lc_map_get(&core->routes, outlet->route_id);
    if (route == NULL || lc_map_get(&core->outlets, outlet->id) != NULL) {
        /* The reference that Python would have had. */
        lc_counts_release(outlet->counts);
        lc_outlet_free(outlet);
        return;
    }
    outlet_entry *entry = lc_new(sizeof *entry);
    entry->shard = route->shard;
    entry->route = outlet->route_id;
    entry->counts = outlet->counts;
    lc_map_put(&core->outlets, outlet->id, entry);
    if (route->count == route->size) {
        route->size = route->size ? route->size * 2 : 4;
        route->outlets = lc_grown(route->outlets, route->size * sizeof *route->outlets);
    }
    route->outlets[route->count++] = outlet->id;
    lc_core_post(core, entry->shard, (lc_message){.kind = LC_OPEN_OUTLET, .object = outlet});
}

void lc_core_close_outlet(lc_core *core, uint64_t outlet)
{
    lc_core_post_outlet(core, outlet, (lc_message){.kind = LC_CLOSE_OUTLET});
    outlet_entry *entry = lc_map_remove(&core->outlets, outlet);
    if (entry == NULL)
        return;
    route_entry *route = lc_map_get(&core->routes, entry->route);
    for (uint32_t index = 0; route != NULL && index < route->count; index++)
        if (route->outlets[index] == outlet) {
            route->outlets[index] = route->outlets[--route->count];
            break;
        }
    free_outlet(entry);
}

void lc_core_select(lc_core *core, uint64_t outlet, const lc_selection *selection)
{
    const outlet_entry *entry = lc_map_get(&core->outlets, outlet);
    source_entry *source = lc_map_get(&core->sources, selection->source);
    if (entry == NULL)
        return;
    if (source != NULL) {
        settle(core, selection->source, source, entry->shard);
        /* The home hears of it first, so that no packet is missed that comes from now on. */
        if (source->home != entry->shard)
            lc_core_post(core, source->home,
                         (lc_message){.kind = LC_SUBSCRIBE,
                                      .id = selection->source,
                                      .value = entry->shard});
    }
    lc_selection *copy = lc_new(sizeof *copy);
    *copy = *selection;
    lc_core_post(core, entry->shard,
                 (lc_message){.kind = LC_SELECT, .id = outlet, .object = copy});
}

/* -- counts */

lc_source_counts *lc_core_source_counts(const lc_core *core, uint64_t source)
{
    const source_entry *entry = lc_map_get(&core->sources, source);
    return entry != NULL ? entry->counts : NULL;
}

lc_outlet_counts *lc_core_outlet_counts(const lc_core *core, uint64_t outlet)
{
    const outlet_entry *entry = lc_map_get(&core->outlets, outlet);
    return entry != NULL ? entry->counts : NULL;
}

lc_route_counts *lc_core_route_counts(const lc_core *core, uint64_t route)
{
    const route_entry *entry = lc_map_get(&core->routes, route);
    return entry != NULL ? entry->counts : NULL;
}
