/* SPDX-License-Identifier: ISC */
/*
 * judge: turns the verdicts of one check into its health by rise and fall.
 *
 * The first verdict alone decides: a web server that passes its first check is served at once,
 * since asking `rise` times would only lengthen every start, and one that fails its first check is
 * never announced. From then on health turns only after `fall` failures or `rise` passes in a row,
 * or at once by an alarm (a unit that is being stopped is no matter of chance).
 *
 * Pure: no clock, no library.
 */
#ifndef SITENS_HEALTH_JUDGE_H
#define SITENS_HEALTH_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gate.h"

/* Zeroed is a fresh one. */
struct judge {
    enum health health;
    uint32_t against; /* verdicts in a row that contradict health */
};

/* Takes one verdict into account. rise and fall are 1 or more. */
void judge_verdict(struct judge *judge, uint32_t rise, uint32_t fall, bool pass);

/* Health is down at once; `rise` passes bring it back. */
void judge_alarm(struct judge *judge);

/* Whether the next check should come soon: anything but up without a doubt. */
bool judge_in_doubt(const struct judge *judge);

#endif
