/* Reads dependency descriptors of one stream in order.
 *
 * An element that cannot be read, or refers to a structure that never came, says nothing. The
 * reader of bits knows its end; past it all is zero and the element counts as cut off.
 */
#include "dependency.h"

#include <stdlib.h>

#define MANDATORY 3
#define MAX_TEMPLATES 64

typedef struct {
    uint8_t spatial, temporal, differences;
    uint8_t distance[LC_MAX_DIFFERENCES];
    uint8_t indications[LC_MAX_TARGETS];
} template;

struct lc_structure {
    uint8_t offset, templates, targets;
    uint8_t target_spatial[LC_MAX_TARGETS], target_temporal[LC_MAX_TARGETS];
    template of[MAX_TEMPLATES];
};

typedef struct {
    const uint8_t *data;
    size_t left, at; /* bits */
    bool cut_off;
} bits;

static uint32_t take(bits *self, unsigned count)
{
    uint32_t value = 0;
    if (count > self->left) {
        self->cut_off = true;
        self->left = 0;
        return 0;
    }
    self->left -= count;
    for (; count; count--, self->at++)
        value = value << 1 | (self->data[self->at / 8] >> (7 - self->at % 8) & 1);
    return value;
}

/* ns(n) (AV1 bitstream specification §4.10.7). */
static uint32_t below(bits *self, uint32_t limit)
{
    unsigned width = 32 - (unsigned)__builtin_clz(limit);
    uint32_t spare = (1U << width) - limit;
    uint32_t value = take(self, width - 1);
    return value < spare ? value : (value << 1) - spare + take(self, 1);
}

static void read_layers(bits *self, lc_structure *s)
{
    uint8_t spatial = 0, temporal = 0;
    while (!self->cut_off && s->templates < MAX_TEMPLATES) {
        template *here = &s->of[s->templates++];
        here->spatial = spatial;
        here->temporal = temporal;
        uint32_t following = take(self, 2);
        if (following == 3)
            return;
        if (following == 1) {
            temporal++;
        } else if (following == 2) {
            spatial++;
            temporal = 0;
        }
    }
    self->cut_off = true;
}

static void read_templates(bits *self, lc_structure *s)
{
    for (int t = 0; t < s->templates; t++)
        for (int target = 0; target < s->targets; target++)
            s->of[t].indications[target] = (uint8_t)take(self, 2);
    for (int t = 0; t < s->templates; t++) {
        template *here = &s->of[t];
        while (take(self, 1)) {
            if (here->differences == LC_MAX_DIFFERENCES) {
                self->cut_off = true;
                return;
            }
            here->distance[here->differences++] = (uint8_t)(take(self, 4) + 1);
        }
    }
}

/* Whoever knows which frames went out needs no chains. */
static void skip_chains(bits *self, const lc_structure *s)
{
    uint32_t chains = below(self, s->targets + 1U);
    if (chains == 0)
        return;
    for (int target = 0; target < s->targets; target++)
        below(self, chains);
    for (uint32_t left = s->templates * chains; left && !self->cut_off; left--)
        take(self, 4);
}

static void find_targets(lc_structure *s)
{
    for (int target = 0; target < s->targets; target++)
        for (int t = 0; t < s->templates; t++) {
            const template *here = &s->of[t];
            if (here->indications[target] == LC_NOT_PRESENT)
                continue;
            if (here->spatial > s->target_spatial[target])
                s->target_spatial[target] = here->spatial;
            if (here->temporal > s->target_temporal[target])
                s->target_temporal[target] = here->temporal;
        }
}

static bool read_structure(bits *self, lc_structure *s)
{
    s->offset = (uint8_t)take(self, 6);
    s->targets = (uint8_t)(take(self, 5) + 1);
    read_layers(self, s);
    read_templates(self, s);
    if (self->cut_off)
        return false;
    skip_chains(self, s);
    if (take(self, 1))
        /* Render resolutions: 32 bits for each spatial layer. */
        for (int layer = 0; layer <= s->of[s->templates - 1].spatial; layer++)
            take(self, 32);
    find_targets(s);
    return !self->cut_off;
}

static bool renew_structure(lc_dependency *self, bits *from)
{
    lc_structure *fresh = lc_new(sizeof *fresh);
    if (!read_structure(from, fresh)) {
        free(fresh);
        return false;
    }
    free(self->structure);
    self->structure = fresh;
    self->active = fresh->targets == 32 ? UINT32_MAX : (1U << fresh->targets) - 1;
    return true;
}

static void read_differences(bits *from, lc_frame *frame)
{
    frame->differences = 0;
    for (uint32_t size; (size = take(from, 2)) != 0;) {
        if (frame->differences == LC_MAX_DIFFERENCES) {
            from->cut_off = true;
            return;
        }
        frame->distance[frame->differences++] = (uint16_t)(take(from, 4 * size) + 1);
    }
}

static void fill(lc_frame *frame, const lc_dependency *self, uint32_t index)
{
    const lc_structure *s = self->structure;
    const template *from = &s->of[index];
    frame->spatial = from->spatial;
    frame->temporal = from->temporal;
    frame->targets = s->targets;
    frame->active = self->active;
    memcpy(frame->indications, from->indications, sizeof frame->indications);
    memcpy(frame->target_spatial, s->target_spatial, sizeof frame->target_spatial);
    memcpy(frame->target_temporal, s->target_temporal, sizeof frame->target_temporal);
    frame->differences = from->differences;
    for (int d = 0; d < from->differences; d++)
        frame->distance[d] = from->distance[d];
}

static void read_own_indications(bits *from, lc_frame *frame)
{
    for (int target = 0; target < frame->targets; target++)
        frame->indications[target] = (uint8_t)take(from, 2);
}

lc_frame *lc_dependency_read(lc_dependency *self, const uint8_t *element, size_t size)
{
    bits from = {element, 8 * size, 0, false};
    if (size < MANDATORY)
        return NULL;
    lc_frame said = {0};
    bool own_indications = false, own_differences = false;
    said.starts = take(&from, 1);
    said.ends = take(&from, 1);
    uint32_t number = take(&from, 6);
    said.number = (uint16_t)take(&from, 16);
    if (size > MANDATORY) {
        bool has_structure = take(&from, 1), has_active = take(&from, 1);
        own_indications = take(&from, 1);
        own_differences = take(&from, 1);
        take(&from, 1);
        if (has_structure && !renew_structure(self, &from))
            return NULL;
        if (has_active && self->structure != NULL) {
            uint32_t active = take(&from, self->structure->targets);
            if (from.cut_off)
                return NULL;
            self->active = active;
        }
    }
    if (self->structure == NULL)
        return NULL;
    /* A.8.2: identifiers of templates go round, so that those of an old structure differ. */
    uint32_t index = (number - self->structure->offset) & (MAX_TEMPLATES - 1);
    if (index >= self->structure->templates)
        return NULL;
    fill(&said, self, index);
    if (own_indications)
        read_own_indications(&from, &said);
    if (own_differences)
        read_differences(&from, &said);
    if (from.cut_off)
        return NULL;
    return memcpy(lc_new(sizeof said), &said, sizeof said);
}

void lc_dependency_forget(lc_dependency *self)
{
    free(self->structure);
    memset(self, 0, sizeof *self);
}
