/* Layers of one stretch of one source for one outlet. */
#include "layering.h"

#include "dependency.h"

/* Pictures of the lowest temporal layer that may pass until a spatial change needs a key frame. */
#define PATIENCE 2

lc_layering *lc_layering_new(uint8_t spatial, uint8_t temporal)
{
    lc_layering *self = lc_new(sizeof *self);
    self->spatial = spatial;
    self->temporal = temporal;
    self->picture_spatial = self->picture_temporal = LC_ALL_LAYERS;
    self->target = -1;
    self->first = self->highest = -1;
    return self;
}

bool lc_layering_needs_key_frame(const lc_layering *self)
{
    return self->frame_waits >= PATIENCE || self->picture_waits >= PATIENCE;
}

static uint8_t lower(uint8_t one, uint8_t other)
{
    return one < other ? one : other;
}

static void on_picture(lc_layering *self, const lc_packet *packet)
{
    const lc_descriptor *said = &packet->descriptor;
    if (packet->key) {
        self->picture_spatial = self->spatial;
        self->picture_temporal = self->temporal;
    }
    self->picture_spatial = lower(self->picture_spatial, self->spatial);
    self->picture_temporal = lower(self->picture_temporal, self->temporal);
    /* One layer at a time: what the bit says of this picture it does not say of those between. */
    if (said->sync && self->picture_temporal + 1 == said->temporal &&
        said->temporal <= self->temporal)
        self->picture_temporal = said->temporal;
    if (self->picture_spatial >= lower(self->spatial, self->top))
        self->picture_waits = 0;
    else if (said->temporal == 0)
        self->picture_waits++;
}

static bool takes_picture(lc_layering *self, const lc_packet *packet, bool late)
{
    const lc_descriptor *said = &packet->descriptor;
    if (!late && !(self->has_timestamp && packet->timestamp == self->timestamp)) {
        self->has_timestamp = true;
        self->timestamp = packet->timestamp;
        on_picture(self, packet);
    }
    if (said->spatial > self->top)
        self->top = said->spatial;
    return said->spatial <= self->picture_spatial && said->temporal <= self->picture_temporal;
}

/* Layers of a decode target as one number, the spatial one first. */
static int rank(const lc_frame *frame, int target)
{
    return frame->target_spatial[target] << 8 | frame->target_temporal[target];
}

/* The decode target with the highest layers among those that are sent and wanted; else among those
 * that are wanted; else the lowest of all.
 */
static int best(const lc_frame *frame, uint8_t spatial, uint8_t temporal)
{
    int active = -1, fitting = -1, lowest = 0;
    for (int target = 0; target < frame->targets; target++) {
        int here = rank(frame, target);
        if (here < rank(frame, lowest))
            lowest = target;
        if (frame->target_spatial[target] > spatial || frame->target_temporal[target] > temporal)
            continue;
        if (fitting < 0 || here >= rank(frame, fitting))
            fitting = target;
        if ((frame->active >> target & 1) && (active < 0 || here >= rank(frame, active)))
            active = target;
    }
    if (active >= 0)
        return active;
    return fitting >= 0 ? fitting : lowest;
}

/* Whether the frame has gone out; what was before the first counts as sent. */
static bool has_gone(const lc_layering *self, int64_t number)
{
    if (number > 0 && self->decided[number % LC_REMEMBERED].number == number)
        return self->decided[number % LC_REMEMBERED].taken;
    return number < self->first;
}

static bool enters(const lc_layering *self, const lc_frame *frame, int64_t number, int target)
{
    if (frame->indications[target] != LC_SWITCH)
        return false;
    for (int d = 0; d < frame->differences; d++)
        if (!has_gone(self, number - frame->distance[d]))
            return false;
    return true;
}

static void aim(lc_layering *self, const lc_frame *frame, int64_t number)
{
    bool all = self->spatial == LC_ALL_LAYERS && self->temporal == LC_ALL_LAYERS;
    int target = best(frame, self->spatial, self->temporal);
    if (self->target >= frame->targets)
        self->target = -1;
    if (frame->differences == 0)
        /* A key frame's first frame: every target may be entered. */
        self->target = all ? -1 : target;
    else if (target != self->target && enters(self, frame, number, target))
        self->target = target;
    bool is_spatial =
        self->target < 0 || frame->target_spatial[self->target] != frame->target_spatial[target];
    if (target == self->target || all)
        self->frame_waits = 0;
    else if (frame->spatial == 0 && frame->temporal == 0 && is_spatial)
        self->frame_waits++;
}

static bool takes_frame(lc_layering *self, const lc_frame *frame, bool late)
{
    int64_t number;
    if (self->highest < 0)
        /* A turn ahead, so that what was before has a number too. */
        self->first = self->highest = number = frame->number + (1 << 16);
    else
        number = lc_unwrap(frame->number, self->highest);
    if (number <= 0)
        return true;
    if (self->decided[number % LC_REMEMBERED].number == number)
        return self->decided[number % LC_REMEMBERED].taken;
    if (!late && (frame->starts || frame->differences == 0))
        aim(self, frame, number);
    bool taken = self->target < 0 || self->target >= frame->targets ||
                 frame->indications[self->target] != LC_NOT_PRESENT;
    self->decided[number % LC_REMEMBERED].number = number;
    self->decided[number % LC_REMEMBERED].taken = taken;
    if (number > self->highest)
        self->highest = number;
    return taken;
}

bool lc_layering_takes(lc_layering *self, const lc_packet *packet, bool late)
{
    if (packet->frame != NULL)
        return takes_frame(self, packet->frame, late);
    if (packet->descriptor.layered)
        return takes_picture(self, packet, late);
    return true;
}

bool lc_layering_ends_picture(const lc_layering *self, const lc_packet *packet)
{
    const lc_frame *frame = packet->frame;
    if (frame == NULL)
        return packet->descriptor.ends && packet->descriptor.spatial == self->picture_spatial;
    if (!frame->ends || self->target < 0 || self->target >= frame->targets)
        return false;
    return frame->spatial == frame->target_spatial[self->target];
}
