/* The loop of a shard: what was asked before a datagram came counts before it. */
#include "shard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define OUTBOX 256
#define SWEEP_NS LC_SECOND
/* For the other packets of a burst; a pacer lets 5 ms pass between two. */
#define GATHER_NS 300000
#define MILLISECOND 1000000

static bool watch(const lc_shard *shard, int fd)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(shard->epoll, EPOLL_CTL_ADD, fd, &wanted) == 0;
}

lc_shard *lc_shard_new(lc_common *common, uint32_t index, int fd)
{
    lc_shard *shard = lc_new(sizeof *shard);
    socklen_t size = sizeof shard->family;
    shard->common = common;
    shard->index = index;
    shard->fd = fd;
    shard->family = AF_INET;
    shard->dirty_end = &shard->dirty;
    shard->epoll = epoll_create1(EPOLL_CLOEXEC);
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &shard->family, &size);
    lc_wire_open(shard);
    if (!lc_inbox_open(&shard->inbox) || shard->epoll < 0 || !watch(shard, fd) ||
        !watch(shard, shard->inbox.wake)) {
        lc_shard_free(shard);
        return NULL;
    }
    return shard;
}

void lc_shard_free(lc_shard *shard)
{
    LC_MAP_EACH(&shard->outlets, lc_outlet, outlet)
        lc_outlet_free(outlet);
    LC_MAP_EACH(&shard->views, lc_view, view)
        lc_view_free(view);
    LC_MAP_EACH(&shard->routes, lc_route, route)
        lc_route_free(route);
    LC_MAP_EACH(&shard->bindings, lc_binding, first)
        for (lc_binding *at = first, *next; at != NULL; at = next) {
            next = at->next;
            free(at);
        }
    lc_map_free(&shard->outlets);
    lc_map_free(&shard->views);
    lc_map_free(&shard->routes);
    lc_map_free(&shard->bindings);
    for (int index = 0; index < LC_MAX_SHARDS; index++) {
        for (uint32_t at = 0; at < shard->outboxes[index].count; at++)
            lc_message_free(&shard->outboxes[index].messages[at]);
        free(shard->outboxes[index].messages);
    }
    lc_event_list_free(&shard->told);
    lc_inbox_close(&shard->inbox);
    lc_wire_close(shard);
    lc_reception_free(shard);
    if (shard->epoll >= 0)
        close(shard->epoll);
    free(shard);
}

void lc_shard_tell(lc_shard *shard, lc_event *event)
{
    lc_event_list_add(&shard->told, event);
}

/* -- to other shards */

static void send_outbox(lc_shard *shard, uint32_t to)
{
    lc_message *messages = shard->outboxes[to].messages;
    uint32_t count = shard->outboxes[to].count;
    if (count == 0)
        return;
    shard->outboxes[to].count = 0;
    uint32_t refused = lc_inbox_put(&shard->common->shards[to]->inbox, messages, count);
    LC_ADD(shard->totals.dropped_packets, refused);
    for (uint32_t index = 0; index < refused; index++)
        lc_message_free(&messages[index]);
}

static void send_outboxes(lc_shard *shard)
{
    for (uint32_t to = 0; to < shard->common->shard_count; to++)
        send_outbox(shard, to);
}

void lc_shard_post(lc_shard *shard, uint32_t to, lc_message message)
{
    if (to >= shard->common->shard_count) {
        lc_message_free(&message);
        return;
    }
    if (shard->outboxes[to].count == shard->outboxes[to].size) {
        shard->outboxes[to].size += OUTBOX;
        shard->outboxes[to].messages = lc_grown(
            shard->outboxes[to].messages, shard->outboxes[to].size * sizeof(lc_message));
    }
    shard->outboxes[to].messages[shard->outboxes[to].count++] = message;
    if (shard->outboxes[to].count >= OUTBOX)
        send_outbox(shard, to);
}

/* -- the loop */

static void execute_all(lc_shard *shard)
{
    uint32_t count;
    lc_message *messages = lc_inbox_take(&shard->inbox, &count);
    for (uint32_t index = 0; index < count; index++)
        lc_execute(shard, &messages[index]);
}

static void sweep(lc_shard *shard, int64_t now_ns)
{
    if (now_ns - shard->sweep_ns < SWEEP_NS)
        return;
    shard->sweep_ns = now_ns;
    lc_views_sweep(shard, now_ns);
}

/* A picture's packets come one by one. Awake for each of them, a shard would send each alone: that
 * is up to twice the work for the same packets (docs/benchmarks.md). */
static void gather(void)
{
    const struct timespec pause = {.tv_nsec = GATHER_NS};
    nanosleep(&pause, NULL);
}

void lc_shard_turn(lc_shard *shard, int timeout_ms)
{
    struct epoll_event ready[2];
    /* Nothing need be waited for: a flood must not fill the socket while the shard sleeps. */
    if (!shard->has_more && timeout_ms && epoll_wait(shard->epoll, ready, 2, timeout_ms) > 0)
        gather();
    shard->has_more = lc_reception_read(shard);
    execute_all(shard);
    lc_reception_dispatch(shard);
    /* Other shards begin while this one sends. */
    send_outboxes(shard);
    int64_t now_ns = lc_now(shard);
    lc_flush(shard);
    lc_pacing_turn(shard, now_ns);
    sweep(shard, now_ns);
    lc_wire_flush(shard);
    send_outboxes(shard);
    lc_events_publish(&shard->common->events, &shard->told);
}

static int wait_ms(const lc_shard *shard)
{
    int64_t now_ns = lc_now(shard), due_ns = shard->sweep_ns + SWEEP_NS;
    if (shard->tick_ns && shard->tick_ns < due_ns)
        due_ns = shard->tick_ns;
    if (due_ns <= now_ns)
        return 0;
    return (int)((due_ns - now_ns + MILLISECOND - 1) / MILLISECOND);
}

static void *run(void *object)
{
    lc_shard *shard = object;
    while (!shard->stops)
        lc_shard_turn(shard, wait_ms(shard));
    return NULL;
}

bool lc_shard_start(lc_shard *shard)
{
    sigset_t all, before;
    char name[16];
    /* Signals are Python's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&shard->thread, NULL, run, shard);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return false;
    shard->has_thread = true;
    snprintf(name, sizeof name, "forward-%u", shard->index);
    pthread_setname_np(shard->thread, name);
    return true;
}
