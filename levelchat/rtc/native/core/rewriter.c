/* Sequence numbers, timestamps and counters of one outlet, and the way back from them. */
#include "rewriter.h"

#include <stdlib.h>

void lc_rewriter_init(lc_rewriter *self)
{
    memset(self, 0, sizeof *self);
    self->highest = -1;
}

void lc_rewriter_free(lc_rewriter *self)
{
    free(self->runs);
    free(self->withheld);
}

/* Counted from the oldest. */
static lc_run *run_at(const lc_rewriter *self, uint32_t index)
{
    return &self->runs[(self->start + index) & (self->size - 1)];
}

lc_run *lc_rewriter_run(const lc_rewriter *self)
{
    return self->count ? run_at(self, self->count - 1) : NULL;
}

static void grow(lc_rewriter *self)
{
    uint32_t size = self->size ? self->size * 2 : 2;
    lc_run *runs = lc_new(size * sizeof *runs);
    for (uint32_t index = 0; index < self->count; index++)
        runs[index] = *run_at(self, index);
    free(self->runs);
    self->runs = runs;
    self->size = size;
    self->start = 0;
}

static void drop_oldest(lc_rewriter *self)
{
    self->start = (self->start + 1) & (self->size - 1);
    self->count--;
}

/* Whether nothing of what is before the run can be asked for. */
static bool is_old(const lc_rewriter *self, const lc_run *run, const lc_run *newest)
{
    if (run->first + run->number < self->highest - LC_VIDEO_HISTORY)
        return true;
    /* Where most packets are left out, their history goes by sooner than ours. */
    return run->carry == newest->carry && run->first < newest->first - LC_VIDEO_HISTORY;
}

static lc_run *append(lc_rewriter *self, lc_run run)
{
    if (self->count == LC_MAX_RUNS)
        drop_oldest(self);
    if (self->count == self->size)
        grow(self);
    self->count++;
    *run_at(self, self->count - 1) = run;
    while (self->count > 1 && is_old(self, run_at(self, 1), &run))
        drop_oldest(self);
    return lc_rewriter_run(self);
}

/* The run that follows a packet that was left out. */
static lc_run behind(const lc_run *run, int64_t first)
{
    lc_run after = *run;
    after.first = first;
    after.number--;
    return after;
}

static void go_on(const lc_rewriter *self, lc_run *run, const lc_packet *packet, uint32_t ticks)
{
    const lc_run *before = &self->last_run;
    const lc_descriptor *old = &self->last_descriptor, *new = &packet->descriptor;
    run->number = self->highest + 1 - packet->number;
    run->timestamp = self->last_timestamp + before->timestamp + ticks - packet->timestamp;
    if (old->picture_at && new->picture_at)
        run->picture = old->picture + before->picture + 1 - new->picture;
    if (old->tl0_at && new->tl0_at)
        run->tl0 = (uint8_t)(old->tl0 + before->tl0 + 1 - new->tl0);
    if (self->last_has_frame_number && packet->has_frame_number)
        run->frame = (uint16_t)(self->last_frame_number + before->frame + 1 -
                                packet->frame_number);
    run->patches = run->picture || run->tl0 || run->frame;
}

lc_run *lc_rewriter_begin(lc_rewriter *self, const lc_packet *packet, uint64_t source,
                          uint32_t ticks)
{
    const lc_run *former = lc_rewriter_run(self);
    lc_run run = {.source = source, .epoch = packet->epoch, .first = packet->number};
    run.carry = former != NULL ? former->carry + 1 : 0;
    if (self->has_last)
        go_on(self, &run, packet, ticks ? ticks : 1);
    else
        /* A turn ahead, so that a number before it stays above zero. */
        run.number = 1 << 16;
    self->has_left_out = false;
    return append(self, run);
}

lc_run *lc_rewriter_find(const lc_rewriter *self, int64_t number)
{
    const lc_run *current = lc_rewriter_run(self);
    for (uint32_t index = self->count; index-- > 0;) {
        lc_run *run = run_at(self, index);
        if (run->carry != current->carry)
            return NULL;
        if (run->first <= number)
            return run;
    }
    return NULL;
}

int64_t lc_rewriter_sent(lc_rewriter *self, const lc_packet *packet, const lc_run *run)
{
    int64_t number = packet->number + run->number;
    if (number > self->highest) {
        self->highest = number;
        self->has_last = true;
        self->last_run = *run;
        self->last_arrival_ns = packet->arrival_ns;
        self->last_timestamp = packet->timestamp;
        self->last_descriptor = packet->descriptor;
        self->last_has_frame_number = packet->has_frame_number;
        self->last_frame_number = packet->frame_number;
    }
    return number;
}

/* Replaces the newest run where nothing went out of it. */
static void follow(lc_rewriter *self, int64_t first, lc_run after)
{
    if (lc_rewriter_run(self)->first == first)
        self->count--;
    append(self, after);
}

void lc_rewriter_leave_out(lc_rewriter *self, const lc_packet *packet)
{
    const lc_run *run = lc_rewriter_run(self);
    lc_run after = behind(run, packet->number + 1);
    const lc_descriptor *said = &packet->descriptor;
    /* RFC 7741 §4.2: picture ids count pictures; a receiver waits for one that is passed over. */
    if (said->picture_at && !(self->has_left_out && self->left_out_carry == run->carry &&
                              self->left_out_picture == said->picture)) {
        self->has_left_out = true;
        self->left_out_carry = run->carry;
        self->left_out_picture = said->picture;
        after.picture--;
        after.patches = true;
    }
    follow(self, packet->number, after);
}

void lc_rewriter_withhold(lc_rewriter *self, const lc_packet *packet, const lc_run *run)
{
    if (self->withheld == NULL)
        self->withheld = lc_new(LC_MAX_WITHHELD * sizeof *self->withheld);
    self->withheld[self->withheld_count++ % LC_MAX_WITHHELD] = packet->number + run->number;
}

int64_t lc_rewriter_pad(lc_rewriter *self, int64_t count)
{
    const lc_run *run = lc_rewriter_run(self);
    int64_t first = self->highest + 1;
    int64_t incoming = first - run->number;
    lc_run after = behind(run, incoming);
    after.number += 1 + count;
    self->highest += count;
    follow(self, incoming, after);
    return first;
}

static bool is_withheld(const lc_rewriter *self, int64_t number)
{
    uint32_t count =
        self->withheld_count < LC_MAX_WITHHELD ? self->withheld_count : LC_MAX_WITHHELD;
    for (uint32_t index = 0; index < count; index++)
        if (self->withheld[index] == number)
            return true;
    return false;
}

lc_run *lc_rewriter_original(const lc_rewriter *self, uint16_t sequence, int64_t *incoming)
{
    if (self->highest < 0)
        return NULL;
    int64_t number = lc_unwrap(sequence, self->highest);
    if (number > self->highest || is_withheld(self, number))
        return NULL;
    const lc_run *after = NULL;
    for (uint32_t index = self->count; index-- > 0; after = run_at(self, index)) {
        lc_run *run = run_at(self, index);
        *incoming = number - run->number;
        if (run->first > *incoming)
            continue;
        /* Padding had this number. */
        if (after != NULL && after->carry == run->carry && after->first <= *incoming)
            return NULL;
        return run;
    }
    return NULL;
}
