/* Connected peers: their addresses, keys, streams. */
#include <stdlib.h>

#include "shard.h"

static void release(lc_shard *shard, const lc_route *route)
{
    lc_event *event = lc_event_new(LC_ON_RELEASED, route->id, NULL, 0, 0);
    event->other = route->token;
    lc_shard_tell(shard, event);
}

void lc_route_open(lc_shard *shard, lc_route_opening *opening)
{
    lc_route *route = lc_map_get(&shard->routes, opening->id);
    if (route != NULL) {
        release(shard, route);
    } else if (opening->counts != NULL) {
        route = lc_new(sizeof *route);
        route->id = opening->id;
        route->counts = opening->counts;
        opening->counts = NULL;
        lc_map_put(&shard->routes, route->id, route);
    } else {
        return;
    }
    route->rx = opening->rx;
    route->tx = opening->tx;
    route->token = opening->token;
    route->ssrc_count = 0;
    memcpy(route->cname, opening->cname, sizeof route->cname);
}

void lc_route_opening_free(lc_route_opening *opening)
{
    if (opening->counts != NULL)
        lc_counts_release(opening->counts);
    free(opening);
}

void lc_route_free(lc_route *route)
{
    lc_counts_release(route->counts);
    free(route->attached);
    free(route->outlets);
    free(route);
}

/* -- addresses */

static lc_binding *find(const lc_shard *shard, const lc_address *address)
{
    lc_binding *at = lc_map_get(&shard->bindings, lc_address_hash(address));
    while (at != NULL && !lc_address_equal(&at->address, address))
        at = at->next;
    return at;
}

lc_route *lc_route_of(const lc_shard *shard, const lc_address *address)
{
    const lc_binding *binding = find(shard, address);
    return binding != NULL ? binding->route : NULL;
}

void lc_route_bind(lc_shard *shard, lc_route *route, const lc_address *address)
{
    lc_binding *binding = find(shard, address);
    if (binding == NULL) {
        uint64_t hash = lc_address_hash(address);
        binding = lc_new(sizeof *binding);
        binding->address = *address;
        binding->next = lc_map_get(&shard->bindings, hash);
        lc_map_put(&shard->bindings, hash, binding);
    }
    /* The newest claim counts. */
    binding->route = route;
}

static void drop(lc_shard *shard, lc_binding *binding)
{
    uint64_t hash = lc_address_hash(&binding->address);
    lc_binding *first = lc_map_get(&shard->bindings, hash);
    if (first == binding) {
        if (binding->next != NULL)
            lc_map_put(&shard->bindings, hash, binding->next);
        else
            lc_map_remove(&shard->bindings, hash);
    } else {
        while (first->next != binding)
            first = first->next;
        first->next = binding->next;
    }
    free(binding);
}

void lc_route_unbind(lc_shard *shard, const lc_address *address)
{
    lc_binding *binding = find(shard, address);
    if (binding != NULL)
        drop(shard, binding);
}

static lc_binding *any_of(const lc_shard *shard, const lc_route *route)
{
    LC_MAP_EACH(&shard->bindings, lc_binding, first)
        for (lc_binding *at = first; at != NULL; at = at->next)
            if (at->route == route)
                return at;
    return NULL;
}

void lc_route_close(lc_shard *shard, lc_route *route)
{
    lc_binding *binding;
    while (route->outlet_count)
        lc_outlet_close(shard, route->outlets[0]);
    while ((binding = any_of(shard, route)) != NULL)
        drop(shard, binding);
    lc_map_remove(&shard->routes, route->id);
    release(shard, route);
    lc_route_free(route);
}

/* -- what comes */

bool lc_route_may_open(const lc_route *route, uint32_t ssrc)
{
    if (route->ssrc_count < LC_MAX_SSRCS)
        return true;
    for (uint32_t index = 0; index < route->ssrc_count; index++)
        if (route->ssrcs[index] == ssrc)
            return true;
    return false;
}

void lc_route_opened(lc_route *route, uint32_t ssrc)
{
    for (uint32_t index = 0; index < route->ssrc_count; index++)
        if (route->ssrcs[index] == ssrc)
            return;
    if (route->ssrc_count < LC_MAX_SSRCS)
        route->ssrcs[route->ssrc_count++] = ssrc;
}

const lc_attachment *lc_route_attachment(const lc_route *route, uint32_t ssrc)
{
    for (uint32_t index = 0; index < route->attached_count; index++)
        if (route->attached[index].ssrc == ssrc)
            return &route->attached[index];
    return NULL;
}

void lc_route_attach(lc_route *route, uint64_t source, uint32_t ssrc, bool repair)
{
    lc_attachment *known = (lc_attachment *)lc_route_attachment(route, ssrc);
    if (known == NULL) {
        if (route->attached_count == route->attached_size) {
            route->attached_size = route->attached_size ? route->attached_size * 2 : 4;
            route->attached =
                lc_grown(route->attached, route->attached_size * sizeof *route->attached);
        }
        known = &route->attached[route->attached_count++];
    }
    *known = (lc_attachment){source, ssrc, repair};
}

void lc_route_detach(lc_route *route, uint64_t source)
{
    uint32_t kept = 0;
    for (uint32_t index = 0; index < route->attached_count; index++)
        if (route->attached[index].source != source)
            route->attached[kept++] = route->attached[index];
    route->attached_count = kept;
}

/* -- what goes */

lc_outlet *lc_route_outlet(const lc_route *route, uint32_t ssrc)
{
    /* The newest with an SSRC has it. */
    for (uint32_t index = route->outlet_count; index-- > 0;) {
        lc_outlet *outlet = route->outlets[index];
        if (outlet->ssrc == ssrc || (outlet->rtx_ssrc && outlet->rtx_ssrc == ssrc))
            return outlet;
    }
    return NULL;
}

void lc_route_add(lc_route *route, lc_outlet *outlet)
{
    if (route->outlet_count == route->outlet_size) {
        route->outlet_size = route->outlet_size ? route->outlet_size * 2 : 2;
        route->outlets = lc_grown(route->outlets, route->outlet_size * sizeof(lc_outlet *));
    }
    outlet->route = route;
    route->outlets[route->outlet_count++] = outlet;
}

void lc_route_remove(lc_route *route, lc_outlet *outlet)
{
    uint32_t kept = 0;
    for (uint32_t index = 0; index < route->outlet_count; index++)
        if (route->outlets[index] != outlet)
            route->outlets[kept++] = route->outlets[index];
    route->outlet_count = kept;
}
