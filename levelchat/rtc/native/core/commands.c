/* What Python and other shards ask for, carried out in order.
 *
 * What changes who gets what first sends what has come: each call counts from its place on. What
 * is gone is passed over.
 */
#include <stdlib.h>

#include "shard.h"

static void open_route(lc_shard *shard, lc_route_opening *opening)
{
    lc_flush(shard);
    lc_route_open(shard, opening);
}

static void open_source(lc_shard *shard, lc_source_opening *opening)
{
    if (lc_map_get(&shard->views, opening->id) != NULL)
        return;
    lc_map_put(&shard->views, opening->id, lc_view_new(opening));
    opening->counts = NULL;
}

/* False if the message's object must still be freed. */
static bool open_outlet(lc_shard *shard, lc_outlet *outlet)
{
    lc_route *route = lc_map_get(&shard->routes, outlet->route_id);
    if (route == NULL || lc_map_get(&shard->outlets, outlet->id) != NULL)
        return false;
    lc_map_put(&shard->outlets, outlet->id, outlet);
    lc_route_add(route, outlet);
    return true;
}

static void on_route(lc_shard *shard, const lc_message *message)
{
    lc_route *route = lc_map_get(&shard->routes, message->id);
    if (route == NULL)
        return;
    if (message->kind == LC_CLOSE_ROUTE) {
        lc_flush(shard);
        lc_route_close(shard, route);
    } else if (message->kind == LC_BIND) {
        lc_route_bind(shard, route, message->object);
    } else if (message->kind == LC_AIM) {
        lc_flush(shard);
        lc_wire_flush(shard);
        route->is_aimed = true;
        route->address = message->object ? *(lc_address *)message->object : (lc_address){0};
    } else if (message->kind == LC_DELIVER) {
        lc_packet *packet = message->object;
        LC_ADD(shard->totals.received, 1);
        lc_receive(shard, route, packet->data, packet->size, packet->arrival_ns);
    } else if (message->kind == LC_SEND_RTCP) {
        const lc_datagram *datagram = message->object;
        lc_wire_rtcp(shard, route, datagram->data, datagram->size);
    } else if (message->kind == LC_ATTACH) {
        if (lc_map_get(&shard->views, message->other) != NULL)
            lc_route_attach(route, message->other, message->value, message->flag);
    }
}

static void on_view(lc_shard *shard, const lc_message *message)
{
    lc_view *view = lc_map_get(&shard->views, message->id);
    if (view == NULL)
        return;
    if (message->kind == LC_CLOSE_SOURCE) {
        lc_flush(shard);
        lc_view_close(shard, view);
    } else if (message->kind == LC_SNAPSHOT) {
        lc_view_restore(shard, view, message->object);
    } else if (message->kind == LC_ACCEPTED) {
        if (view->state == LC_LIVE)
            lc_view_accept(shard, view, message->object);
    } else if (message->kind == LC_REPORT) {
        lc_flush(shard);
        lc_send_reports(shard, view, message->object);
    } else if (view->intake == NULL) {
        return;
    } else if (message->kind == LC_INTAKE) {
        lc_intake_take(shard, view, message->object, message->flag);
    } else if (message->kind == LC_REPORT_IN) {
        lc_flush(shard);
        lc_intake_report(shard, view, message->object);
    } else if (message->kind == LC_SUBSCRIBE) {
        lc_intake_subscribe(shard, view, message->value);
    } else if (message->kind == LC_UNSUBSCRIBE) {
        view->intake->subscribers &= ~(1ULL << message->value);
    }
}

static void on_outlet(lc_shard *shard, const lc_message *message)
{
    lc_outlet *outlet = lc_map_get(&shard->outlets, message->id);
    if (outlet == NULL)
        return;
    lc_flush(shard);
    if (message->kind == LC_CLOSE_OUTLET)
        lc_outlet_close(shard, outlet);
    else if (message->kind == LC_SELECT)
        lc_select(shard, outlet, message->object);
    else if (message->kind == LC_PROBE)
        lc_probe_begin(shard, outlet, (int64_t)message->other, message->value);
}

static void send_plain(lc_shard *shard, const lc_datagram *datagram)
{
    lc_wire_plain(shard, &datagram->address, datagram->data, datagram->size);
}

void lc_execute(lc_shard *shard, lc_message *message)
{
    switch (message->kind) {
    case LC_SEND:
        send_plain(shard, message->object);
        break;
    case LC_OPEN_ROUTE:
        open_route(shard, message->object);
        break;
    case LC_UNBIND:
        lc_route_unbind(shard, message->object);
        break;
    case LC_OPEN_SOURCE:
        open_source(shard, message->object);
        break;
    case LC_OPEN_OUTLET:
        if (open_outlet(shard, message->object))
            message->object = NULL;
        break;
    case LC_STOP:
        shard->stops = true;
        break;
    case LC_CLOSE_OUTLET:
    case LC_SELECT:
    case LC_PROBE:
        on_outlet(shard, message);
        break;
    case LC_CLOSE_ROUTE:
    case LC_BIND:
    case LC_AIM:
    case LC_DELIVER:
    case LC_SEND_RTCP:
    case LC_ATTACH:
        on_route(shard, message);
        break;
    default:
        on_view(shard, message);
    }
    lc_message_free(message);
}
