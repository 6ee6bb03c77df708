/* Which packets of a source an outlet leaves out (F14). */
#ifndef LC_LAYERING_H
#define LC_LAYERING_H

#include "packet.h"

/* Frames: no difference is longer (AV1 RTP A.8.2.2 has 12 bits, encoders keep 8 pictures). */
#define LC_REMEMBERED 256

typedef struct {
    uint8_t spatial, temporal; /* the highest wanted */
    /* By VP8's and VP9's payload descriptors. */
    bool has_timestamp;
    uint32_t timestamp;
    uint8_t picture_spatial, picture_temporal;
    uint8_t top; /* the highest spatial layer that the stream has */
    uint32_t picture_waits;
    /* By the dependency descriptor. */
    int target; /* -1: all */
    int64_t first, highest;
    uint32_t frame_waits;
    struct {
        int64_t number; /* 0: nothing is known */
        bool taken;
    } decided[LC_REMEMBERED];
} lc_layering;

/* In the beginning all layers go out. */
lc_layering *lc_layering_new(uint8_t spatial, uint8_t temporal);
/* Whether `packet` goes out. A late one changes nothing. */
bool lc_layering_takes(lc_layering *self, const lc_packet *packet, bool late);
/* Whether it is the last of its picture that goes out, its marker aside. */
bool lc_layering_ends_picture(const lc_layering *self, const lc_packet *packet);
/* The wanted layers begin at a key frame only. */
bool lc_layering_needs_key_frame(const lc_layering *self);

#endif
