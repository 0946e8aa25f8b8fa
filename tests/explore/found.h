/* SPDX-License-Identifier: ISC */
/* found: the states that were found, each once, in the order in which they were. */
#ifndef SITENS_TESTS_EXPLORE_FOUND_H
#define SITENS_TESTS_EXPLORE_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct found_state {
    uint64_t key;
    uint32_t from; /* the state from which it was found first */
};

struct found {
    struct found_state *states;
    size_t n;
    size_t allocated;
    uint32_t *slots; /* hash table of numbers of states, counted from 1 */
    size_t n_slots;  /* a power of two */
};

/* The number of the state key, which is added if it is new. Ends the program without memory. */
size_t found_add(struct found *found, uint64_t key, size_t from);

void found_done(struct found *found);

#endif
