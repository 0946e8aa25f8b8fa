/* SPDX-License-Identifier: ISC */
/* random_zone: zones and names from a small alphabet, so that names meet, in a reproducible order.
 */
#ifndef SITENS_TESTS_UNIT_RANDOM_ZONE_H
#define SITENS_TESTS_UNIT_RANDOM_ZONE_H

#include "signed_zone.h"

enum { RANDOM_DEPTH = 4, RANDOM_NAME_MAX = 64 };

/* A number below limit. */
unsigned random_below(uint32_t *seed, unsigned limit);

/* Writes a name of at most depth (RANDOM_DEPTH + 1) labels, without final dot. Returns name. */
char *random_name(uint32_t *seed, char *name, unsigned depth);

/* A signed zone get.example.org of random families and extra records: data, and aliases that lead
 * to others, to the apex, to nothing, or outside; with or without nameservers of its own. The key
 * is in k.private. */
struct signed_zone random_zone(void **state, uint32_t *seed);

#endif
