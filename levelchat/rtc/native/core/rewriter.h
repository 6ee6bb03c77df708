/* What an outlet makes of the numbers of the sources it carries (F9, F10, F14). */
#ifndef LC_REWRITER_H
#define LC_REWRITER_H

#include "packet.h"

/* A stream of which every other packet is left out has half as many in its history. */
#define LC_MAX_RUNS 1024
#define LC_MAX_WITHHELD 256

/* Packets of one epoch of one source whose numbers are all changed by the same. */
typedef struct {
    uint64_t source;
    int64_t first;  /* incoming number of its first packet */
    int64_t number; /* what is added to a packet's own; so the next four */
    uint32_t timestamp, picture;
    uint16_t frame;
    uint8_t tl0;
    bool patches; /* something behind the RTP header changes */
    uint32_t epoch;
    uint32_t carry; /* which of the outlet's stretches of one source it belongs to */
    uint8_t payload_type, rtx_payload_type;
} lc_run;

typedef struct {
    lc_run *runs; /* a ring */
    uint32_t size, start, count;
    int64_t *withheld; /* a ring of numbers that stay unused; NULL while there are none */
    uint32_t withheld_count;
    bool has_left_out;
    uint32_t left_out_carry;
    uint16_t left_out_picture;
    int64_t highest; /* outgoing and unwrapped; -1: nothing went out */
    bool has_last;
    /* What went out under the highest number. */
    lc_run last_run;
    int64_t last_arrival_ns;
    uint32_t last_timestamp;
    lc_descriptor last_descriptor;
    bool last_has_frame_number;
    uint16_t last_frame_number;
} lc_rewriter;

void lc_rewriter_init(lc_rewriter *self);
void lc_rewriter_free(lc_rewriter *self);

/* The newest run; NULL before `lc_rewriter_begin`. Pointers last until the next call. */
lc_run *lc_rewriter_run(const lc_rewriter *self);
/* `packet` is the first of another stretch, `ticks` after the last that went out. */
lc_run *lc_rewriter_begin(lc_rewriter *self, const lc_packet *packet, uint64_t source,
                          uint32_t ticks);
/* The run of the current stretch that the incoming number belongs to, or NULL. */
lc_run *lc_rewriter_find(const lc_rewriter *self, int64_t number);
/* `packet` goes out; its number. */
int64_t lc_rewriter_sent(lc_rewriter *self, const lc_packet *packet, const lc_run *run);
/* `packet`, the newest of the current stretch, does not go out. */
void lc_rewriter_leave_out(lc_rewriter *self, const lc_packet *packet);
/* `packet` came late and does not go out: its number stays unused. */
void lc_rewriter_withhold(lc_rewriter *self, const lc_packet *packet, const lc_run *run);
/* Takes numbers behind the last packet for padding; the first of them. */
int64_t lc_rewriter_pad(lc_rewriter *self, int64_t count);
/* The run of what went out under the 16-bit number, and its incoming number; NULL if none did. */
lc_run *lc_rewriter_original(const lc_rewriter *self, uint16_t sequence, int64_t *incoming);

#endif
