/* A hash table with open addressing; removal moves the rest of a cluster back. */
#include "map.h"

#include <stdlib.h>

#define FIRST_SIZE 16

static uint32_t place_of(const lc_map *map, uint64_t key)
{
    key ^= key >> 31;
    key *= 0x9E3779B97F4A7C15ULL;
    return (uint32_t)(key >> 32) & map->mask;
}

static uint32_t find(const lc_map *map, uint64_t key)
{
    uint32_t at = place_of(map, key);
    while (map->keys[at] != 0 && map->keys[at] != key)
        at = (at + 1) & map->mask;
    return at;
}

void *lc_map_get(const lc_map *map, uint64_t key)
{
    if (map->keys == NULL || key == 0)
        return NULL;
    uint32_t at = find(map, key);
    return map->keys[at] ? map->values[at] : NULL;
}

static void resize(lc_map *map, uint32_t size)
{
    lc_map old = *map;
    map->keys = lc_new(size * sizeof *map->keys);
    map->values = lc_new(size * sizeof *map->values);
    map->mask = size - 1;
    for (uint32_t at = 0; old.keys != NULL && at <= old.mask; at++) {
        if (old.keys[at] == 0)
            continue;
        uint32_t to = find(map, old.keys[at]);
        map->keys[to] = old.keys[at];
        map->values[to] = old.values[at];
    }
    free(old.keys);
    free(old.values);
}

void lc_map_put(lc_map *map, uint64_t key, void *value)
{
    if (key == 0)
        return;
    if (map->keys == NULL)
        resize(map, FIRST_SIZE);
    else if (map->count * 4 >= (map->mask + 1) * 3)
        resize(map, (map->mask + 1) * 2);
    uint32_t at = find(map, key);
    map->count += map->keys[at] == 0;
    map->keys[at] = key;
    map->values[at] = value;
}

void *lc_map_remove(lc_map *map, uint64_t key)
{
    if (map->keys == NULL || key == 0)
        return NULL;
    uint32_t hole = find(map, key);
    if (map->keys[hole] == 0)
        return NULL;
    void *value = map->values[hole];
    for (uint32_t at = (hole + 1) & map->mask; map->keys[at] != 0; at = (at + 1) & map->mask) {
        uint32_t wanted = place_of(map, map->keys[at]);
        /* What may stand in the hole moves there. */
        if (((at - wanted) & map->mask) < ((at - hole) & map->mask))
            continue;
        map->keys[hole] = map->keys[at];
        map->values[hole] = map->values[at];
        hole = at;
    }
    map->keys[hole] = 0;
    map->values[hole] = NULL;
    map->count--;
    return value;
}

void lc_map_free(lc_map *map)
{
    free(map->keys);
    free(map->values);
    memset(map, 0, sizeof *map);
}
