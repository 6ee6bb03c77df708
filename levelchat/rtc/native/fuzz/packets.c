/* Packets for the fuzzer, each from one seed. */
#include "fuzz.h"

static uint64_t state = 1;

void fuzz_seed(uint64_t seed)
{
    state = seed * 2 + 1;
}

/* xorshift64*. */
uint32_t fuzz_below(uint32_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(((state * 0x2545F4914F6CDD1DULL) >> 32) % limit);
}

bool fuzz_chance(uint32_t percent)
{
    return fuzz_below(100) < percent;
}

size_t fuzz_mutate(uint8_t *data, size_t size)
{
    if (fuzz_chance(80))
        return size;
    if (fuzz_chance(20))
        return fuzz_below((uint32_t)size + 1);
    if (fuzz_chance(20) && size + 40 < FUZZ_SIZE) {
        for (int index = 0; index < 40; index++)
            data[size + (size_t)index] = (uint8_t)fuzz_below(256);
        return size + 40;
    }
    for (uint32_t left = 1 + fuzz_below(6); left && size; left--)
        data[fuzz_chance(70) && size > 60 ? fuzz_below(60) : fuzz_below((uint32_t)size)] =
            (uint8_t)(fuzz_chance(30) ? 0xFF : fuzz_below(256));
    return size;
}

/* Bits from the highest on. */
typedef struct {
    uint8_t *data;
    size_t at;
} writer;

static void write_bits(writer *self, uint32_t value, int count)
{
    for (; count; count--, self->at++) {
        if (self->at % 8 == 0)
            self->data[self->at / 8] = 0;
        if (value >> (count - 1) & 1)
            self->data[self->at / 8] |= (uint8_t)(0x80 >> self->at % 8);
    }
}

/* L1T3 or L2T2 with a structure, or with indications or differences of its own. */
static size_t write_dependency(uint8_t *out, uint16_t number)
{
    writer bits = {out, 0};
    bool has_structure = fuzz_chance(10), extended = has_structure || fuzz_chance(20);
    bool custom = extended && fuzz_chance(20), differences = extended && fuzz_chance(20);
    uint32_t templates = 3 + fuzz_below(4), targets = 3 + fuzz_below(2);
    write_bits(&bits, fuzz_below(4), 2);
    write_bits(&bits, fuzz_below(8), 6);
    write_bits(&bits, number, 16);
    if (extended)
        write_bits(&bits, (uint32_t)(has_structure << 4 | fuzz_chance(20) << 3 | custom << 2 |
                                     differences << 1), 5);
    if (has_structure) {
        write_bits(&bits, fuzz_chance(80) ? 0 : fuzz_below(64), 6);
        write_bits(&bits, targets - 1, 5);
        for (uint32_t index = 1; index < templates; index++)
            write_bits(&bits, fuzz_below(3), 2);
        write_bits(&bits, 3, 2);
        for (uint32_t index = 0; index < templates * targets; index++)
            write_bits(&bits, fuzz_chance(50) ? 2 : fuzz_below(4), 2);
        for (uint32_t index = 0; index < templates; index++) {
            for (uint32_t more = fuzz_below(3); more; more--)
                write_bits(&bits, 16 | fuzz_below(4), 5);
            write_bits(&bits, 0, 1);
        }
        write_bits(&bits, fuzz_below(4), 3);
    }
    for (uint32_t left = fuzz_below(60); extended && left; left--)
        write_bits(&bits, fuzz_below(4), 2);
    return (bits.at + 7) / 8;
}

static size_t write_elements(uint8_t *out, uint16_t number)
{
    bool is_short = fuzz_chance(50);
    size_t at = 4;
    for (uint8_t id = 1; id <= 3; id++) {
        uint8_t element[255];
        size_t size = id == 1 ? 1 : 8;
        for (size_t index = 0; index < size; index++)
            element[index] = (uint8_t)fuzz_below(256);
        if (id == 3)
            size = write_dependency(element, number);
        if (fuzz_chance(40) || (is_short && size > 16))
            continue;
        if (is_short) {
            out[at++] = (uint8_t)(id << 4 | (size - 1));
        } else {
            out[at++] = id;
            out[at++] = (uint8_t)size;
        }
        memcpy(out + at, element, size);
        at += size;
    }
    while (at % 4)
        out[at++] = 0;
    lc_put16(out, is_short ? 0xBEDE : 0x1000);
    lc_put16(out + 2, (uint16_t)((at - 4) / 4));
    return at;
}

static size_t write_payload(uint8_t *out, enum lc_codec codec, uint16_t number)
{
    size_t size = 20 + fuzz_below(fuzz_chance(90) ? 60 : 1500);
    for (size_t index = 0; index < size; index++)
        out[index] = (uint8_t)fuzz_below(256);
    if (codec == LC_H264)
        out[0] = (uint8_t)(fuzz_chance(10) ? 0x67 : fuzz_chance(20) ? 0x78 : 0x61);
    if (codec == LC_VP8) {
        out[0] = 0x90;
        out[1] = 0xE0;
        lc_put16(out + 2, 0x8000 | number / 2);
        out[5] = (uint8_t)(fuzz_below(4) << 6 | fuzz_below(2) << 5);
        out[6] = !fuzz_chance(10);
    }
    if (codec == LC_VP9) {
        out[0] = 0xBC | (fuzz_chance(80) ? 0x40 : 0);
        lc_put16(out + 1, 0x8000 | number / 2);
        out[3] = (uint8_t)(fuzz_below(3) << 5 | fuzz_below(2) << 4 | fuzz_below(3) << 1);
        out[4] = 0x02;
        out[5] = fuzz_chance(20) ? 0x82 : 0x86;
    }
    if (codec == LC_AV1)
        out[0] = fuzz_chance(10) ? 0x18 : 0x10;
    return size;
}

size_t fuzz_rtp(uint8_t *out, enum lc_codec codec, uint32_t ssrc, uint16_t *sequence,
                uint8_t payload_type)
{
    uint16_t number = ++*sequence;
    size_t at = 12;
    if (fuzz_chance(5))
        number = (uint16_t)(number - fuzz_below(80));
    if (fuzz_chance(1) && fuzz_chance(20))
        number = *sequence = (uint16_t)fuzz_below(65536);
    out[0] = 0x80;
    out[1] = (uint8_t)(payload_type | (fuzz_chance(30) ? 0x80 : 0));
    lc_put16(out + 2, number);
    lc_put32(out + 4, number / 3U * 3000U);
    lc_put32(out + 8, ssrc);
    if (fuzz_chance(60)) {
        out[0] |= 0x10;
        at += write_elements(out + at, number);
    }
    at += write_payload(out + at, codec, number);
    if (fuzz_chance(10)) {
        out[0] |= 0x20;
        out[at++] = 1;
    }
    return fuzz_mutate(out, at);
}

size_t fuzz_repair(uint8_t *out, uint32_t ssrc, uint16_t sequence, uint8_t payload_type)
{
    uint16_t own = (uint16_t)fuzz_below(65536);
    size_t size = fuzz_rtp(out, LC_OTHER, ssrc, &own, payload_type);
    if (size > 40)
        lc_put16(out + 12, (uint16_t)(sequence - fuzz_below(20)));
    return size;
}

static size_t one_rtcp(uint8_t *out, const uint32_t *ssrcs, uint32_t count, uint16_t near)
{
    static const uint8_t kinds[] = {200, 201, 202, 203, 205, 206, 206, 206, 207, 205, 205};
    static const uint8_t forms[] = {0, 1, 1, 2, 4, 15, 31};
    size_t words = 1 + fuzz_below(14);
    for (size_t index = 0; index <= words; index++)
        lc_put32(out + 4 * index, ssrcs[fuzz_chance(50) ? 0 : fuzz_below(count)]);
    out[0] = (uint8_t)(0x80 | forms[fuzz_below(sizeof forms)]);
    out[1] = kinds[fuzz_below(sizeof kinds)];
    lc_put16(out + 2, (uint16_t)words);
    if (out[1] == 205)
        for (size_t index = 3; index <= words; index++)
            lc_put32(out + 4 * index, (uint32_t)(uint16_t)(near - fuzz_below(60)) << 16 |
                                          (fuzz_chance(50) ? 0 : fuzz_below(65536)));
    if (out[1] == 206 && words >= 5 && fuzz_chance(50))
        memcpy(out + 12, "REMB\1\77\377\377", 8);
    return 4 * (words + 1);
}

size_t fuzz_report(uint8_t *out, uint32_t ssrc, uint16_t sequence, int64_t now_ns)
{
    uint64_t seconds = (uint64_t)(now_ns / LC_SECOND);
    memset(out, 0, 28);
    out[0] = 0x80;
    out[1] = 200;
    lc_put16(out + 2, 6);
    lc_put32(out + 4, ssrc);
    lc_put64(out + 8, fuzz_chance(90) ? seconds << 32 | fuzz_below(UINT32_MAX) : fuzz_below(2));
    lc_put32(out + 16, fuzz_chance(90) ? sequence / 3U * 3000U : fuzz_below(UINT32_MAX));
    return 28;
}

size_t fuzz_rtcp(uint8_t *out, const uint32_t *ssrcs, uint32_t count, uint16_t near)
{
    size_t at = 0;
    for (uint32_t left = 1 + fuzz_below(4); left; left--)
        at += one_rtcp(out + at, ssrcs, count, near);
    return fuzz_mutate(out, at);
}
