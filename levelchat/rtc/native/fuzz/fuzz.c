/* Feeds a core what strangers send and Python asks for, in an order that a seed decides.
 *
 * `fuzz SEED STEPS [threads]`: without threads all shards take turns here, so that a seed always
 * does the same; with them they run as they do in a server. Built with sanitizers, which end it
 * at the first wrong access; it also checks that nothing is left when all is closed.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../core/sink.h"
#include "fuzz.h"

#define SHARDS 3
#define ROUTES 6
#define SOURCES 6
#define OUTLETS 14
#define TAG 16

typedef struct {
    lc_core core;
    int fds[SHARDS], drain;
    bool threads;
    lc_address to;
    uint64_t next;
    uint64_t routes[ROUTES], sources[SOURCES], outlets[OUTLETS];
    uint64_t publishers[SOURCES]; /* routes */
    uint16_t sequences[SOURCES];
    int64_t now_ns;
    uint64_t events;
} world;

static const enum lc_codec codecs[SOURCES] = {LC_H264, LC_VP8, LC_VP9, LC_AV1, LC_OPUS, LC_AV1};

/* As libsrtp: some bytes more, and all of the room that it may use. */
static int protect(void *context, void *packet, int *size)
{
    (void)context;
    if (*size < 8 || *size > LC_MAX_PACKET)
        abort();
    memset((uint8_t *)packet + *size, 0xEE, LC_TRAILER - 4);
    *size += TAG;
    return *(uint8_t *)packet >> 6 != 2 || fuzz_chance(1);
}

static int protect_quietly(void *context, void *packet, int *size)
{
    (void)context;
    memset((uint8_t *)packet + *size, 0xEE, LC_TRAILER - 4);
    *size += TAG;
    return 0;
}

static int unprotect(void *context, void *packet, int *size)
{
    (void)context;
    (void)packet;
    if (*size < TAG)
        return 1;
    *size -= TAG;
    return 0;
}

static int bound_socket(lc_address *address)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof any;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&any, &size) < 0) {
        perror("a socket");
        exit(2);
    }
    if (address != NULL) {
        address->v4 = any;
        address->size = size;
    }
    return fd;
}

/* As `lc_core_open` does, but nobody runs the shards. */
static void open_without_threads(world *w)
{
    lc_common *common = &w->core.common;
    bool fine = lc_events_open(&common->events);
    for (uint32_t index = 0; fine && index < SHARDS; index++, common->shard_count++) {
        common->shards[index] = lc_shard_new(common, index, w->fds[index]);
        fine = common->shards[index] != NULL;
    }
    if (!fine)
        exit(2);
}

static void open_world(world *w)
{
    lc_srtp_function out = w->threads ? protect_quietly : protect;
    w->core.common.srtp = (lc_srtp){out, unprotect, out, unprotect};
    w->drain = bound_socket(&w->to);
    w->now_ns = LC_SECOND;
    for (int index = 0; index < SHARDS; index++)
        w->fds[index] = bound_socket(NULL);
    if (!w->threads)
        open_without_threads(w);
    else if (!lc_core_open(&w->core, w->fds, SHARDS))
        exit(2);
}

static lc_address *copied(const lc_address *address)
{
    lc_address *copy = lc_new(sizeof *copy);
    *copy = *address;
    return copy;
}

static void open_route(world *w, uint32_t place)
{
    lc_route_opening *opening = lc_new(sizeof *opening);
    if (w->routes[place] && fuzz_chance(50)) {
        opening->id = w->routes[place];
    } else {
        lc_core_close_route(&w->core, w->routes[place]);
        opening->id = w->routes[place] = ++w->next;
    }
    memset(opening->cname, 'c', fuzz_below(256));
    opening->token = ++w->next;
    lc_core_open_route(&w->core, place % SHARDS, opening);
    lc_core_post_route(&w->core, w->routes[place],
                       (lc_message){.kind = LC_BIND, .object = copied(&w->to)});
    if (!fuzz_chance(10))
        lc_core_post_route(&w->core, w->routes[place],
                           (lc_message){.kind = LC_AIM,
                                        .object = fuzz_chance(90) ? copied(&w->to) : NULL});
}

static void attach(world *w, uint32_t place)
{
    uint64_t source = w->sources[place], route = w->routes[fuzz_below(ROUTES)];
    w->publishers[place] = route;
    lc_core_attach(&w->core, source, route, 100 + place, false);
    lc_core_attach(&w->core, source, route, 200 + place, true);
}

static void open_source(world *w, uint32_t place)
{
    lc_source_config config = {codecs[place], 96, 97, fuzz_chance(20), fuzz_chance(50),
                               16U << fuzz_below(4), place == 4 ? 48000 : 90000, {{1, 2, 3}}};
    lc_core_close_source(&w->core, w->sources[place]);
    w->sources[place] = ++w->next;
    lc_core_open_source(&w->core, w->sources[place], &config);
    attach(w, place);
}

static void open_outlet(world *w, uint32_t place)
{
    lc_outlet *outlet = lc_new(sizeof *outlet);
    lc_core_close_outlet(&w->core, w->outlets[place]);
    w->outlets[place] = outlet->id = ++w->next;
    outlet->route_id = w->routes[fuzz_below(ROUTES)];
    outlet->ssrc = 300 + place;
    outlet->rtx_ssrc = place % 3 ? 400 + place : 0;
    outlet->clock_rate = 90000;
    outlet->is_video = place % 4 != 0;
    outlet->cursor = -1;
    for (int element = 0; element < LC_ELEMENTS; element++)
        outlet->extensions.ids[element] = (uint8_t)fuzz_below(16);
    outlet->counts = lc_counts_new(sizeof *outlet->counts);
    lc_rewriter_init(&outlet->rewriter);
    lc_core_open_outlet(&w->core, outlet);
}

static void select_source(world *w)
{
    lc_selection selection = {
        .source = fuzz_chance(90) ? w->sources[fuzz_below(SOURCES)] : 0,
        .payload_type = 102,
        .rtx_payload_type = (uint8_t)(fuzz_chance(80) ? 103 : 0),
        .spatial = (uint8_t)(fuzz_chance(50) ? LC_ALL_LAYERS : fuzz_below(3)),
        .temporal = (uint8_t)(fuzz_chance(50) ? LC_ALL_LAYERS : fuzz_below(3)),
        .replay = fuzz_chance(50),
        .at_once = fuzz_chance(50),
    };
    lc_core_select(&w->core, w->outlets[fuzz_below(OUTLETS)], &selection);
}

static void change(world *w)
{
    uint32_t what = fuzz_below(100);
    if (what < 50)
        select_source(w);
    else if (what < 60)
        open_outlet(w, fuzz_below(OUTLETS));
    else if (what < 65)
        open_source(w, fuzz_below(SOURCES));
    else if (what < 70)
        attach(w, fuzz_below(SOURCES));
    else if (what < 80)
        open_route(w, fuzz_below(ROUTES));
    else if (what < 90)
        lc_core_post_outlet(&w->core, w->outlets[fuzz_below(OUTLETS)],
                            (lc_message){.kind = LC_PROBE, .value = fuzz_below(50),
                                         .other = fuzz_below(6000000)});
    else
        lc_core_post(&w->core, fuzz_below(SHARDS),
                     (lc_message){.kind = LC_UNBIND, .object = copied(&w->to)});
}

/* To a route, as if it had come from its peer. */
static void deliver(world *w, uint64_t route, uint8_t *data, size_t size)
{
    lc_packet *packet = lc_packet_new(data, size + TAG, w->now_ns);
    if (packet != NULL)
        lc_core_post_route(&w->core, route, (lc_message){.kind = LC_DELIVER, .object = packet});
}

static void media(world *w, uint32_t place)
{
    uint8_t data[FUZZ_SIZE * 2] = {0};
    size_t size;
    if (fuzz_chance(90))
        size = fuzz_rtp(data, codecs[place], 100 + place, &w->sequences[place], 96);
    else
        size = fuzz_repair(data, 200 + place, w->sequences[place], 97);
    if (fuzz_chance(60))
        lc_core_push(&w->core, w->sources[place], lc_packet_new(data, size, w->now_ns));
    else
        deliver(w, fuzz_chance(80) ? w->publishers[place] : w->routes[fuzz_below(ROUTES)], data,
                size);
}

static void burst(world *w)
{
    uint32_t place = fuzz_below(SOURCES);
    uint8_t data[FUZZ_SIZE];
    for (uint32_t left = fuzz_chance(90) ? 1 : fuzz_below(150); left; left--)
        media(w, place);
    if (fuzz_chance(5))
        deliver(w, w->publishers[place], data,
                fuzz_report(data, 100 + place, w->sequences[place], w->now_ns));
}

/* What the receiver of an outlet says, or somebody else in its place. */
static void feedback(world *w)
{
    uint32_t place = fuzz_below(OUTLETS), ssrcs[] = {300 + place, 400 + place, 100, 101, 301, 0};
    uint8_t data[FUZZ_SIZE * 2] = {0};
    uint64_t route = w->routes[fuzz_below(ROUTES)];
    uint16_t near = w->sequences[fuzz_below(SOURCES)];
    for (uint32_t shard = 0; !w->threads && shard < SHARDS; shard++) {
        const lc_outlet *outlet =
            lc_map_get(&w->core.common.shards[shard]->outlets, w->outlets[place]);
        if (outlet != NULL) {
            route = outlet->route_id;
            near = (uint16_t)outlet->rewriter.highest;
        }
    }
    deliver(w, route, data, fuzz_rtcp(data, ssrcs, sizeof ssrcs / sizeof *ssrcs, near));
}

/* To a shard's socket, from the address that routes are bound to. */
static void datagram(world *w)
{
    uint8_t data[FUZZ_SIZE];
    struct sockaddr_in shard;
    socklen_t size = sizeof shard;
    size_t length = fuzz_below(100);
    for (size_t index = 0; index < length; index++)
        data[index] = (uint8_t)fuzz_below(256);
    if (length && fuzz_chance(60))
        data[0] = 0x80;
    getsockname(w->fds[fuzz_below(SHARDS)], (struct sockaddr *)&shard, &size);
    sendto(w->drain, data, length, MSG_DONTWAIT, (struct sockaddr *)&shard, size);
}

static void take_turns(world *w)
{
    uint8_t ignored[FUZZ_SIZE];
    for (uint32_t shard = 0; !w->threads && shard < SHARDS; shard++)
        lc_shard_turn(w->core.common.shards[shard], 0);
    while (recv(w->drain, ignored, sizeof ignored, MSG_DONTWAIT) >= 0) {
    }
    lc_event_list list = lc_events_take(&w->core.common.events, 1000);
    w->events += list.count;
    lc_event_list_free(&list);
}

static void parse_alone(lc_dependency *dependency, lc_sink *sink, lc_sink_socket *socket)
{
    uint8_t data[256];
    size_t size = fuzz_below(sizeof data);
    for (size_t index = 0; index < size; index++)
        data[index] = (uint8_t)fuzz_below(256);
    free(lc_dependency_read(dependency, data, size));
    lc_sink_take(sink, socket, data, size);
    lc_event_list list = lc_events_take(&sink->events, 10);
    lc_event_list_free(&list);
}

static void step(world *w)
{
    uint32_t what = fuzz_below(100);
    w->now_ns += fuzz_below(20000000);
    if (what < 75)
        burst(w);
    else if (what < 92)
        feedback(w);
    else if (what < 96)
        change(w);
    else
        datagram(w);
    if (fuzz_chance(25))
        take_turns(w);
}

int main(int count, char **arguments)
{
    static world w;
    lc_dependency dependency = {0};
    lc_sink sink;
    lc_sink_socket socket = {0};
    if (count < 3)
        return 2;
    fuzz_seed(strtoull(arguments[1], NULL, 10));
    w.threads = count > 3;
    open_world(&w);
    if (!lc_sink_open(&sink, NULL, 0))
        return 2;
    for (uint32_t place = 0; place < ROUTES; place++)
        open_route(&w, place);
    for (uint32_t place = 0; place < SOURCES; place++)
        open_source(&w, place);
    for (uint32_t place = 0; place < OUTLETS; place++)
        open_outlet(&w, place);
    for (unsigned long left = strtoul(arguments[2], NULL, 10); left; left--) {
        step(&w);
        parse_alone(&dependency, &sink, &socket);
    }
    take_turns(&w);
    lc_totals totals = lc_core_totals(&w.core);
    lc_core_close(&w.core);
    lc_sink_close(&sink);
    lc_dependency_forget(&dependency);
    printf("forwarded %llu resent %llu dropped %llu refused %llu events %llu\n",
           (unsigned long long)totals.forwarded, (unsigned long long)totals.resent,
           (unsigned long long)totals.dropped_packets, (unsigned long long)totals.srtp_errors,
           (unsigned long long)w.events);
    return 0;
}
