/* SPDX-License-Identifier: ISC */
/*
 * rise_fall: turns the results of one check into its health by rise and fall.
 *
 * The first result alone decides: a web server that passes its first check is served at once,
 * since asking `rise` times would only lengthen every start, and one that fails its first check is
 * never announced. From then on health turns only after `fall` failures or `rise` passes in a row,
 * or at once by an alarm (a unit that is being stopped is no matter of chance, nor is a site that
 * says of itself that it is not ready).
 *
 * Pure: no clock, no library.
 */
#ifndef SITENS_HEALTH_RISE_FALL_H
#define SITENS_HEALTH_RISE_FALL_H

#include <stdbool.h>
#include <stdint.h>

/* What is known about a check, a peer, or the site as a whole. */
enum health { HEALTH_UNKNOWN, HEALTH_DOWN, HEALTH_UP };

/* Zeroed is a fresh one. */
struct rise_fall {
    enum health health;
    uint32_t against; /* results in a row that contradict health */
    bool alarmed;     /* down by an alarm, and no failure has come since that was none */
};

/* Takes one result into account. rise and fall are 1 or more. */
void rise_fall_result(struct rise_fall *rise_fall, uint32_t rise, uint32_t fall, bool pass);

/* Health is down at once; `rise` passes bring it back. */
void rise_fall_alarm(struct rise_fall *rise_fall);

/* Whether the next check should come soon: anything but up without a doubt. */
bool rise_fall_in_doubt(const struct rise_fall *rise_fall);

#endif
