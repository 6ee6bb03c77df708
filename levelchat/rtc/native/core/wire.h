/* The way out: headers written, SRTP made, datagrams sent many at a time. */
#ifndef LC_WIRE_H
#define LC_WIRE_H

#include "address.h"
#include "packet.h"

struct lc_shard;
struct lc_route;

#define LC_MESSAGES 128

/* One packet as it goes out. */
typedef struct {
    lc_packet *packet; /* NULL: nothing but padding */
    uint32_t ssrc, timestamp;
    uint16_t sequence, original; /* `original` goes before the payload of a retransmission */
    uint8_t second;              /* marker and payload type */
    bool is_repair, patches;
    bool may_recur; /* under the same number, and then with the same bytes */
    uint8_t tl0;
    uint16_t frame;
    uint32_t picture;
} lc_shot;

/* Datagrams that wait for the next sendmmsg. */
typedef struct {
    struct mmsghdr *messages;
    struct iovec *vectors;
    uint8_t *controls;
    lc_address *addresses;
    uint16_t *segments, *segment_sizes; /* segments 0: RTCP */
    uint8_t *arena;
    uint32_t count, used;
    uint32_t refused; /* GSO sends in a row */
    bool has_gso;
    int64_t yielded_ns;
} lc_wire;

void lc_wire_open(struct lc_shard *shard);
void lc_wire_close(struct lc_shard *shard);
/* In order; `shots` is of one outlet with `ids`. */
void lc_wire_shoot(struct lc_shard *shard, struct lc_route *route, const lc_extension_ids *ids,
                   const lc_shot *shots, uint32_t count);
void lc_wire_rtcp(struct lc_shard *shard, struct lc_route *route, const uint8_t *data,
                  size_t size);
void lc_wire_flush(struct lc_shard *shard);
void lc_wire_plain(struct lc_shard *shard, const lc_address *address, const void *data,
                   size_t size);

#endif
