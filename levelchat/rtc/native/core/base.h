/* Numbers, bytes and counters that every file of the core uses.
 *
 * The limits are those of levelchat/rtc/forward/seams.py; a test compares them.
 */
#ifndef LC_BASE_H
#define LC_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LC_MAX_SSRCS 64
#define LC_MAX_STRAYS 200
#define LC_MAX_RTCP 200
#define LC_MAX_DROPOUT 3000
#define LC_VIDEO_HISTORY 1024
#define LC_REPLAY_BURST 48
#define LC_REPLAY_CHUNK 16
#define LC_REPLAY_TICK_NS 5000000LL
#define LC_RESEND_RATE 1000
#define LC_RESEND_BURST 200
#define LC_RESEND_SPACING_NS 10000000LL
#define LC_KEY_FRAME_SPACING_NS 500000000LL
#define LC_SIZE_SPACING_NS 100000000LL
#define LC_SIZE_SAID 256
#define LC_MAX_PACKET 1500

#define LC_SECOND 1000000000LL
/* What libsrtp may add (SRTP_MAX_TRAILER_LEN + 4). */
#define LC_TRAILER 148
/* What is read of a datagram. */
#define LC_DATAGRAM 2048
/* What Python may push or deliver; larger fits no datagram that we forward. */
#define LC_MAX_PUSHED 3000
/* Packets that are fanned out together, and segments of one GSO send (Linux: UDP_MAX_SEGMENTS). */
#define LC_BURST 64
#define LC_MAX_SHARDS 64
#define LC_ALL_LAYERS 255
#define LC_SILENCE 127

enum lc_codec { LC_OTHER, LC_H264, LC_VP8, LC_VP9, LC_AV1, LC_OPUS };

/* Counters have one writing thread; others read them while it writes. */
#define LC_SET(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define LC_GET(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
#define LC_ADD(place, count) LC_SET(place, (place) + (count))

static inline uint16_t lc_get16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t lc_get32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static inline uint64_t lc_get64(const uint8_t *data)
{
    return (uint64_t)lc_get32(data) << 32 | lc_get32(data + 4);
}

static inline void lc_put16(uint8_t *data, uint16_t value)
{
    data[0] = (uint8_t)(value >> 8);
    data[1] = (uint8_t)value;
}

static inline void lc_put32(uint8_t *data, uint32_t value)
{
    lc_put16(data, (uint16_t)(value >> 16));
    lc_put16(data + 2, (uint16_t)value);
}

static inline void lc_put64(uint8_t *data, uint64_t value)
{
    lc_put32(data, (uint32_t)(value >> 32));
    lc_put32(data + 4, (uint32_t)value);
}

/* The number nearest to `near` whose low 16 bits are `value`; half a turn away counts back. */
static inline int64_t lc_unwrap(uint16_t value, int64_t near)
{
    return near + (int64_t)(((uint64_t)value - (uint64_t)near + 0x8000) & 0xFFFF) - 0x8000;
}

/* Nanoseconds as ticks of `rate`, rounded down, without overflow. */
static inline uint64_t lc_ticks(uint64_t nanoseconds, uint32_t rate)
{
    return nanoseconds / LC_SECOND * rate + nanoseconds % LC_SECOND * rate / LC_SECOND;
}

/* Memory that must be there: without it nothing sensible is left to do, and the process ends. */
void *lc_new(size_t size);
void *lc_grown(void *memory, size_t size);

int64_t lc_monotonic_ns(void);

/* At most `limit` in each second. */
typedef struct {
    int64_t began_ns;
    int count;
} lc_per_second;

static inline bool lc_per_second_take(lc_per_second *self, int limit, int64_t now_ns)
{
    if (now_ns - self->began_ns >= LC_SECOND) {
        self->began_ns = now_ns;
        self->count = 0;
    }
    return self->count < limit ? (self->count++, true) : false;
}

#endif
