/* A shard: one UDP socket, its thread, and all that only this thread touches. */
#ifndef LC_SHARD_H
#define LC_SHARD_H

#include "address.h"
#include "counts.h"
#include "dependency.h"
#include "events.h"
#include "history.h"
#include "inbox.h"
#include "layering.h"
#include "map.h"
#include "rewriter.h"
#include "wire.h"

typedef struct lc_shard lc_shard;
typedef struct lc_route lc_route;
typedef struct lc_view lc_view;
typedef struct lc_outlet lc_outlet;

/* libsrtp's functions; each changes a packet in place and returns 0. */
typedef int (*lc_srtp_function)(void *context, void *packet, int *size);
typedef struct {
    lc_srtp_function protect, unprotect, protect_rtcp, unprotect_rtcp;
} lc_srtp;

/* What all shards share. */
typedef struct {
    lc_srtp srtp;
    int64_t offset_ns; /* from the monotonic clock to `Clock.now_ns` */
    lc_events events;
    uint32_t shard_count;
    lc_shard *shards[LC_MAX_SHARDS];
} lc_common;

/* -- sources */

typedef struct {
    enum lc_codec codec;
    uint8_t payload_type, rtx_payload_type;
    bool tap, gaps;
    uint32_t history, clock_rate;
    lc_extension_ids extensions;
} lc_source_config;

typedef struct {
    bool is_known;
    uint64_t ntp;
    uint32_t timestamp;
    int64_t now_ns;
} lc_report;

/* Outlets; each knows its place. */
enum lc_crowd_kind { LC_CARRYING, LC_WAITING, LC_AWAITING, LC_CROWDS };
typedef struct {
    lc_outlet **outlets;
    uint32_t count, size;
} lc_crowd;

/* Only the home shard takes a source's packets in. */
typedef struct {
    lc_source_counts *counts;
    lc_dependency dependency;
    uint64_t lost_before;
    bool has_transit, has_size;
    uint32_t transit, ssrc;
    int64_t size_ns; /* when a key frame was told last */
    uint64_t jitter;
    uint64_t subscribers; /* a bit for each other shard that wants the packets */
} lc_intake;

/* One source as one shard sees it. */
struct lc_view {
    uint64_t id;
    uint32_t home;
    lc_source_config config;
    lc_intake *intake; /* NULL where the home is another shard */
    uint32_t epoch;
    lc_history history;
    lc_report report, former_report; /* of this epoch and the one before */
    lc_crowd crowds[LC_CROWDS];
    uint32_t turn; /* who is first in the next burst */
    /* Packets that have come and not gone out. */
    lc_packet *burst[LC_BURST];
    uint32_t burst_count;
    lc_view *next_dirty;
    bool is_dirty;
    enum { LC_STRANGE, LC_SUBSCRIBING, LC_LIVE } state;
    int64_t used_ns; /* when an outlet had to do with it last */
};

typedef struct {
    uint64_t id;
    uint32_t home;
    lc_source_config config;
    lc_source_counts *counts; /* for the home; else NULL */
} lc_source_opening;

/* A source's state as its home hands it to another shard. */
typedef struct {
    uint32_t epoch, count;
    lc_report report;
    lc_packet *packets[];
} lc_snapshot;

/* -- outlets */

typedef struct {
    uint64_t source;
    uint8_t payload_type, rtx_payload_type, spatial, temporal;
    bool replay, at_once;
} lc_selection;

#define LC_MARKED 256
#define LC_REPORTS 4

struct lc_outlet {
    uint64_t id, route_id;
    lc_route *route;
    uint32_t ssrc, rtx_ssrc, clock_rate;
    bool is_video;
    lc_extension_ids extensions;
    lc_outlet_counts *counts;
    lc_selection selection;
    lc_view *in[LC_CROWDS]; /* what it carries, waits for, and awaits a snapshot of */
    uint32_t place[LC_CROWDS];
    uint32_t burst_from; /* the first packet of the burst that it gets */
    int64_t cursor;      /* what a replay takes next; -1: live */
    uint32_t cursor_epoch;
    bool switched;       /* the next packet is the first of its source */
    bool has_run;
    bool marker; /* of the last packet; so its timestamp */
    uint32_t timestamp;
    lc_rewriter rewriter;
    lc_report last_report; /* about the stream of `rewriter.last_run` when it was left */
    lc_layering *layering;
    struct {
        uint32_t carry;
        int64_t number;
    } *marked; /* packets that we gave a marker; NULL while there are none */
    uint32_t marked_count;
    int64_t free_ns;   /* when all retransmissions will have been paid for */
    int64_t *resent_ns; /* by number; NULL while there are none */
    uint16_t rtx_number;
    int64_t asked_ns; /* for a key frame; 0: never */
    struct {
        uint32_t middle;
        int64_t sent_ns;
    } reports[LC_REPORTS];
    uint32_t report_count;
    lc_outlet *next_replaying, *next_probing;
    bool is_replaying, is_probing;
    struct {
        int64_t began_ns, duration_ns, bitrate, sent;
    } probe;
};

/* -- routes */

typedef struct {
    uint64_t source;
    uint32_t ssrc;
    bool repair;
} lc_attachment;

struct lc_route {
    uint64_t id;
    void *rx, *tx;
    uint64_t token; /* who keeps rx and tx alive */
    char cname[256];
    lc_address address;
    bool is_aimed;
    uint32_t ssrcs[LC_MAX_SSRCS]; /* that libsrtp keeps a state for */
    uint32_t ssrc_count;
    lc_attachment *attached;
    uint32_t attached_count, attached_size;
    lc_outlet **outlets;
    uint32_t outlet_count, outlet_size;
    lc_route_counts *counts;
    lc_per_second strays, rtcp;
};

typedef struct {
    uint64_t id, token;
    void *rx, *tx;
    lc_route_counts *counts; /* NULL for one that is open */
    char cname[256];
} lc_route_opening;

/* Who is behind an address. */
typedef struct lc_binding {
    struct lc_binding *next; /* with the same hash */
    lc_address address;
    lc_route *route;
} lc_binding;

typedef struct {
    lc_address address;
    uint32_t size;
    uint8_t data[];
} lc_datagram;

/* -- the shard */

#define LC_RECEIVED 64

struct lc_shard {
    lc_common *common;
    uint32_t index;
    int fd, epoll, family;
    pthread_t thread;
    bool has_thread;
    bool stops;
    bool has_more; /* datagrams than were read at once */
    lc_inbox inbox;
    lc_map routes, views, outlets, bindings;
    lc_totals totals;
    lc_event_list told;
    struct {
        lc_message *messages;
        uint32_t count, size;
    } outboxes[LC_MAX_SHARDS];
    lc_view *dirty; /* in the order of their first packets */
    lc_view **dirty_end;
    bool dirty_waits; /* an outlet waits for a key frame of one of them */
    lc_outlet *replaying, *probing;
    int64_t tick_ns, sweep_ns; /* when replays and probes go on; when idle views are let go */
    lc_wire wire;
    struct lc_reception *reception;
};

static inline int64_t lc_now(const lc_shard *shard)
{
    return lc_monotonic_ns() + shard->common->offset_ns;
}

/* shard.c */
lc_shard *lc_shard_new(lc_common *common, uint32_t index, int fd);
bool lc_shard_start(lc_shard *shard);
/* One turn of its loop; waits up to `timeout_ms`. */
void lc_shard_turn(lc_shard *shard, int timeout_ms);
void lc_shard_free(lc_shard *shard);
void lc_shard_post(lc_shard *shard, uint32_t to, lc_message message);
void lc_shard_tell(lc_shard *shard, lc_event *event);

/* reception.c: datagrams of strangers (F1 to F3). */
void lc_reception_free(lc_shard *shard);
bool lc_reception_read(lc_shard *shard);
void lc_reception_dispatch(lc_shard *shard);
void lc_receive(lc_shard *shard, lc_route *route, uint8_t *data, size_t size, int64_t now_ns);

/* commands.c */
void lc_execute(lc_shard *shard, lc_message *message);

/* routes.c */
lc_route *lc_route_of(const lc_shard *shard, const lc_address *address);
void lc_route_open(lc_shard *shard, lc_route_opening *opening);
void lc_route_opening_free(lc_route_opening *opening);
void lc_route_close(lc_shard *shard, lc_route *route);
void lc_route_free(lc_route *route);
void lc_route_bind(lc_shard *shard, lc_route *route, const lc_address *address);
void lc_route_unbind(lc_shard *shard, const lc_address *address);
void lc_route_attach(lc_route *route, uint64_t source, uint32_t ssrc, bool repair);
void lc_route_detach(lc_route *route, uint64_t source);
const lc_attachment *lc_route_attachment(const lc_route *route, uint32_t ssrc);
bool lc_route_may_open(const lc_route *route, uint32_t ssrc);
void lc_route_opened(lc_route *route, uint32_t ssrc);
lc_outlet *lc_route_outlet(const lc_route *route, uint32_t ssrc);
void lc_route_add(lc_route *route, lc_outlet *outlet);
void lc_route_remove(lc_route *route, lc_outlet *outlet);

/* intake.c: the home of sources (F4 to F6). */
void lc_intake_take(lc_shard *shard, lc_view *view, lc_packet *packet, bool repair);
void lc_intake_report(lc_shard *shard, lc_view *view, const lc_report *report);
void lc_intake_subscribe(lc_shard *shard, lc_view *view, uint32_t subscriber);

/* view.c */
lc_view *lc_view_new(const lc_source_opening *opening);
void lc_view_close(lc_shard *shard, lc_view *view);
void lc_view_free(lc_view *view);
void lc_view_begin(lc_view *view, uint32_t epoch);
/* A packet that its home has taken; goes out with the burst. */
void lc_view_accept(lc_shard *shard, lc_view *view, lc_packet *packet);
void lc_view_restore(lc_shard *shard, lc_view *view, lc_snapshot *snapshot);
lc_report lc_view_report(const lc_view *view, uint32_t epoch);
void lc_snapshot_free(lc_snapshot *snapshot);
void lc_source_opening_free(lc_source_opening *opening);
void lc_views_sweep(lc_shard *shard, int64_t now_ns);
void lc_crowd_join(lc_view *view, enum lc_crowd_kind kind, lc_outlet *outlet);
void lc_crowd_leave(enum lc_crowd_kind kind, lc_outlet *outlet);

/* outlet.c */
void lc_outlet_free(lc_outlet *outlet);
void lc_outlet_close(lc_shard *shard, lc_outlet *outlet);
/* Goes over to `view` with its next packet. */
void lc_outlet_carry(lc_outlet *outlet, lc_view *view);
void lc_outlet_leave_source(lc_outlet *outlet);
void lc_outlet_leave_target(lc_outlet *outlet);
/* Whether the packet goes out, and as what (`shot`). */
bool lc_outlet_take(lc_shard *shard, lc_outlet *outlet, lc_packet *packet, lc_shot *shot);
/* What goes out again under the number (F17); its packet is NULL if nothing does. */
lc_shot lc_outlet_recall(lc_shard *shard, lc_outlet *outlet, uint16_t sequence, int64_t now_ns);
bool lc_outlet_asks_key_frame(lc_outlet *outlet, int64_t now_ns);

/* selecting.c: F11 to F13. */
void lc_select(lc_shard *shard, lc_outlet *outlet, const lc_selection *selection);
void lc_select_now(lc_shard *shard, lc_outlet *outlet, lc_view *view);

/* fanout.c */
void lc_flush(lc_shard *shard);
void lc_fan_out(lc_shard *shard, lc_view *view);
void lc_ask_key_frame(lc_shard *shard, lc_outlet *outlet, int64_t now_ns);
void lc_tell_switched(lc_shard *shard, lc_outlet *outlet, int64_t now_ns);

/* pacing.c: replays (F12) and probes. */
void lc_replay_begin(lc_shard *shard, lc_outlet *outlet);
void lc_probe_begin(lc_shard *shard, lc_outlet *outlet, int64_t bitrate, int64_t milliseconds);
void lc_pacing_forget(lc_shard *shard, lc_outlet *outlet);
void lc_pacing_turn(lc_shard *shard, int64_t now_ns);

/* feedback.c: RTCP of routes (F16 to F20). */
void lc_on_rtcp(lc_shard *shard, lc_route *route, const uint8_t *data, size_t size,
                int64_t now_ns);
void lc_send_reports(lc_shard *shard, lc_view *view, const lc_report *report);

#endif
