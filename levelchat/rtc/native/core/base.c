/* Memory and time. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("levelchat: the forwarding core is out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *lc_new(size_t size)
{
    return must(calloc(1, size));
}

void *lc_grown(void *memory, size_t size)
{
    return must(realloc(memory, size));
}

int64_t lc_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * LC_SECOND + now.tv_nsec;
}
