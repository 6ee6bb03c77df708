/* From a number above zero to a pointer. */
#ifndef LC_MAP_H
#define LC_MAP_H

#include "base.h"

typedef struct {
    uint64_t *keys; /* 0: free */
    void **values;
    uint32_t mask;
    uint32_t count;
} lc_map;

void *lc_map_get(const lc_map *map, uint64_t key);
void lc_map_put(lc_map *map, uint64_t key, void *value);
/* What was there, or NULL. */
void *lc_map_remove(lc_map *map, uint64_t key);
void lc_map_free(lc_map *map);

/* Calls `body` with each value in turn; the map must not change meanwhile. */
#define LC_MAP_EACH(map, type, value)                                                             \
    for (uint32_t at_ = 0; (map)->keys != NULL && at_ <= (map)->mask; at_++)                      \
        for (type *value = (map)->keys[at_] ? (map)->values[at_] : NULL; value != NULL;           \
             value = NULL)

#endif
