/* What the files of the fuzzer share: chance, and packets as strangers might send them. */
#ifndef LC_FUZZ_H
#define LC_FUZZ_H

#include "../core/core.h"

#define FUZZ_SIZE 2048

void fuzz_seed(uint64_t seed);
uint32_t fuzz_below(uint32_t limit);
bool fuzz_chance(uint32_t percent);

/* RTP of the codec; mostly well-formed, its numbers mostly in order. */
size_t fuzz_rtp(uint8_t *out, enum lc_codec codec, uint32_t ssrc, uint16_t *sequence,
                uint8_t payload_type);
/* A retransmission of something that was sent shortly before. */
size_t fuzz_repair(uint8_t *out, uint32_t ssrc, uint16_t sequence, uint8_t payload_type);
/* A sender report as the publisher of `fuzz_rtp` might make it. */
size_t fuzz_report(uint8_t *out, uint32_t ssrc, uint16_t sequence, int64_t now_ns);
/* Most of it about the first of `ssrcs`, and about numbers just before `near`. */
size_t fuzz_rtcp(uint8_t *out, const uint32_t *ssrcs, uint32_t count, uint16_t near);
/* Changes, cuts or lengthens it now and then. */
size_t fuzz_mutate(uint8_t *data, size_t size);

#endif
