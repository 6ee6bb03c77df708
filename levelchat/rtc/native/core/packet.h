/* One incoming RTP packet: taken apart once, then shared by all shards. */
#ifndef LC_PACKET_H
#define LC_PACKET_H

#include "base.h"

#define LC_MAX_TARGETS 32
#define LC_MAX_DIFFERENCES 32

/* What is kept of header extensions, in the order in which it goes out. */
enum lc_element { LC_AUDIO_LEVEL, LC_CAPTURE_TIME, LC_DEPENDENCY, LC_ELEMENTS };

typedef struct {
    uint8_t ids[LC_ELEMENTS]; /* 0: not wanted */
} lc_extension_ids;

/* Place in the stream by VP8's and VP9's payload descriptors; without layers all is zero. */
typedef struct {
    bool layered, sync, ends;
    uint8_t spatial, temporal;
    uint8_t picture_at, picture_bits; /* of VP8's picture id in the payload; 0: there is none */
    uint8_t tl0_at, tl0;
    uint16_t picture;
} lc_descriptor;

/* What the dependency descriptor says of one frame. */
typedef struct {
    bool starts, ends;
    uint8_t spatial, temporal;
    uint8_t targets, differences;
    uint16_t number;
    uint32_t active; /* a bit for each decode target that is being sent */
    uint8_t indications[LC_MAX_TARGETS];
    uint8_t target_spatial[LC_MAX_TARGETS];
    uint8_t target_temporal[LC_MAX_TARGETS];
    uint16_t distance[LC_MAX_DIFFERENCES];
} lc_frame;

typedef struct {
    uint32_t references; /* atomic */
    uint32_t epoch;      /* which beginning of its source */
    int64_t number;      /* unwrapped within the epoch */
    int64_t arrival_ns;
    uint32_t timestamp, ssrc;
    uint16_t sequence;
    uint8_t payload_type;
    bool marker;
    bool key;    /* begins a key frame */
    bool newest; /* had the highest number when it came */
    bool has_elements;
    bool has_frame_number;
    uint16_t frame_number;
    lc_descriptor descriptor;
    uint16_t element_at[LC_ELEMENTS];
    uint8_t element_size[LC_ELEMENTS]; /* 0: none */
    uint16_t payload_at, payload_size;
    lc_frame *frame; /* NULL: nothing is known of it */
    uint16_t size;
    uint8_t data[]; /* as it came */
} lc_packet;

/* NULL if it is too large. */
lc_packet *lc_packet_new(const uint8_t *data, size_t size, int64_t now_ns);
lc_packet *lc_packet_keep(lc_packet *packet);
void lc_packet_release(lc_packet *packet);

/* Reads the header (RFC 3550 §5.1); false for what is no RTP packet. */
bool lc_packet_parse(lc_packet *packet);
/* Finds the elements that `ids` names (RFC 8285). */
void lc_packet_find_elements(lc_packet *packet, const lc_extension_ids *ids);
/* Makes a retransmission its original (RFC 4588 §4); false for a probe. */
bool lc_packet_open_repair(lc_packet *packet, uint8_t payload_type, uint32_t ssrc);

/* The header extension for one outlet, and where its dependency descriptor is (0: none). */
uint16_t lc_extension_size(const lc_packet *packet, const lc_extension_ids *ids);
uint16_t lc_extension_write(const lc_packet *packet, const lc_extension_ids *ids, uint8_t *out,
                            uint16_t *dependency_at);

/* codecs.c */
void lc_codec_read(lc_packet *packet, enum lc_codec codec);

#endif
