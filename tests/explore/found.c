/* SPDX-License-Identifier: ISC */
#include "found.h"

#include <stdio.h>
#include <stdlib.h>

static void *resize(void *memory, size_t n, size_t size)
{
    void *new = reallocarray(memory, n, size);

    if (!new || n > UINT32_MAX) {
        fprintf(stderr, "no memory for %zu states\n", n);
        exit(2);
    }
    return new;
}

/* The slot of key, or the free one where it belongs. */
static uint32_t *slot_of(const struct found *found, uint64_t key)
{
    uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15); /* Fibonacci hashing: the high bits count */
    size_t i = (size_t)(hash >> 32);

    for (;; i++) {
        uint32_t *slot = &found->slots[i & (found->n_slots - 1)];

        if (!*slot || found->states[*slot - 1].key == key)
            return slot;
    }
}

static void grow(struct found *found)
{
    found->allocated = found->allocated ? 2 * found->allocated : 1024;
    found->states = resize(found->states, found->allocated, sizeof *found->states);
    free(found->slots);
    found->n_slots = 2 * found->allocated;
    found->slots = resize(NULL, found->n_slots, sizeof *found->slots);
    for (size_t i = 0; i < found->n_slots; i++)
        found->slots[i] = 0;
    for (size_t i = 0; i < found->n; i++)
        *slot_of(found, found->states[i].key) = (uint32_t)(i + 1);
}

size_t found_add(struct found *found, uint64_t key, size_t from)
{
    uint32_t *slot;

    if (found->n == found->allocated)
        grow(found);
    slot = slot_of(found, key);
    if (!*slot) {
        found->states[found->n++] = (struct found_state){key, (uint32_t)from};
        *slot = (uint32_t)found->n;
    }
    return *slot - 1;
}

void found_done(struct found *found)
{
    free(found->states);
    free(found->slots);
    *found = (struct found){0};
}
