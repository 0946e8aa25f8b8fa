/* SPDX-License-Identifier: ISC */
/*
 * witness: counts what a site goes through, and knows by that when it is to withdraw and return.
 *
 * It is what rise, fall, hold-down and hold-down-max promise, said once more and in another way
 * than in rise_fall.c and hold.c: by results in a row, and by rounds in service and out of it.
 */
#ifndef SITENS_TESTS_EXPLORE_WITNESS_H
#define SITENS_TESTS_EXPLORE_WITNESS_H

#include "health/gate.h"

enum { WITNESS_BITS = 14 };

struct witness {
    bool passed;      /* the last result */
    unsigned row;     /* so many results in a row were that */
    bool withdrew;    /* it was in service once, and failed */
    unsigned serves;  /* rounds in service */
    unsigned away;    /* rounds since it withdrew */
    unsigned relapse; /* how often it has withdrawn again, too soon */
};

/* As so many bits, and back. */
uint32_t witness_pack(const struct witness *witness);
struct witness witness_unpack(uint32_t key);

/* A round begins; the site was in service until now or not. round_ms: how long one lasts. */
void witness_round(struct witness *witness, const struct conf *conf, uint32_t round_ms, bool passes,
                   bool in_service);

/* Whether that result, the first one or in a row, has to make another health of this one. */
enum health witness_health(const struct witness *witness, const struct conf *conf,
                           enum health before);

/* Something has happened: whether the site had to go in service or out of it, and has not. */
bool witness_contradicts(struct witness *witness, const struct conf *conf, uint32_t round_ms,
                         const struct gate *before, const struct gate *after);

#endif
