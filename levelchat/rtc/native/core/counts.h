/* Counters that a shard writes and Python reads; whoever lets go last frees them. */
#ifndef LC_COUNTS_H
#define LC_COUNTS_H

#include "base.h"

typedef struct {
    uint32_t references; /* atomic */
    uint64_t packets, bytes, lost, duplicates, highest_sequence, first_sequence, jitter, ssrc;
    uint64_t restarts, key_frames, last_packet_ns, audio_level;
    uint64_t last_sender_report, last_sender_report_ns;
} lc_source_counts;

typedef struct {
    uint32_t references;
    uint64_t source, packets, bytes, resent, nacked, unanswered, plis, reports;
    uint64_t fraction_lost, jitter, round_trip_ns;
    int64_t packets_lost;
} lc_outlet_counts;

typedef struct {
    uint32_t references;
    uint64_t srtp_packets, srtcp_packets, srtp_errors, remb, remb_ns;
} lc_route_counts;

/* Of one shard. */
typedef struct {
    uint64_t received, forwarded, resent, forwarded_bytes, unknown, srtp_errors, send_errors;
    uint64_t dropped_packets;
} lc_totals;

/* Each kind begins with its references: one for Python, one for the shard. */
void *lc_counts_new(size_t size);
void lc_counts_release(void *counts);

#endif
