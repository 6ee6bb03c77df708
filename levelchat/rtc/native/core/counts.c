/* Counters with two owners. */
#include "counts.h"

#include <stdlib.h>

void *lc_counts_new(size_t size)
{
    uint32_t *counts = lc_new(size);
    *counts = 2;
    return counts;
}

void lc_counts_release(void *counts)
{
    if (__atomic_sub_fetch((uint32_t *)counts, 1, __ATOMIC_ACQ_REL) == 0)
        free(counts);
}
