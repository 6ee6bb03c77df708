/* The core as Python's thread sees it: who is where, and messages to the shards. */
#ifndef LC_CORE_H
#define LC_CORE_H

#include "shard.h"

typedef struct {
    lc_common common;
    lc_map routes, sources, outlets; /* of what Python opened and did not close */
    uint64_t dropped;                /* packets that a shard did not take from Python */
} lc_core;

/* False where the system gives no more files or threads (errno says what). */
bool lc_core_open(lc_core *core, const int *fds, uint32_t count);
void lc_core_close(lc_core *core);
lc_totals lc_core_totals(const lc_core *core);
int lc_core_family(const lc_core *core, uint32_t shard);
/* The shard of a route; -1 if it is not open. */
int lc_core_shard_of(const lc_core *core, uint64_t route);

/* To one shard; the message's object is the core's. */
void lc_core_post(lc_core *core, uint32_t shard, lc_message message);
void lc_core_post_route(lc_core *core, uint64_t route, lc_message message);
void lc_core_post_outlet(lc_core *core, uint64_t outlet, lc_message message);

/* Whether the route is open now; takes `opening`. */
bool lc_core_open_route(lc_core *core, uint32_t shard, lc_route_opening *opening);
void lc_core_close_route(lc_core *core, uint64_t route);
void lc_core_open_source(lc_core *core, uint64_t source, const lc_source_config *config);
void lc_core_close_source(lc_core *core, uint64_t source);
void lc_core_attach(lc_core *core, uint64_t source, uint64_t route, uint32_t ssrc, bool repair);
void lc_core_push(lc_core *core, uint64_t source, lc_packet *packet);
/* Takes `outlet`. */
void lc_core_open_outlet(lc_core *core, lc_outlet *outlet);
void lc_core_close_outlet(lc_core *core, uint64_t outlet);
void lc_core_select(lc_core *core, uint64_t outlet, const lc_selection *selection);

/* NULL for what is not open. */
lc_source_counts *lc_core_source_counts(const lc_core *core, uint64_t source);
lc_outlet_counts *lc_core_outlet_counts(const lc_core *core, uint64_t outlet);
lc_route_counts *lc_core_route_counts(const lc_core *core, uint64_t route);

#endif
