/* SPDX-License-Identifier: ISC */
/*
 * peer_pace: how long another site is waited for.
 *
 * A probe sends several datagrams, one each PEER_SEND_MS, so that a lost one is no failure. `fall`
 * probes in a row without an answer take a second together, or half a second each where that is
 * more: a site of which nothing came for so long is not well. A site that is far away gets as much
 * longer as its usual round trip calls for (RFC 6298 section 2).
 *
 * Pure: no clock, no library.
 */
#ifndef SITENS_HEALTH_PEER_PACE_H
#define SITENS_HEALTH_PEER_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PEER_SEND_MS = 250,         /* between two datagrams */
    PEER_SENDS_MAX = 4,         /* of one probe */
    PEER_SILENCE_MS = 1000,     /* of `fall` probes together */
    PEER_TRIP_MAX_MS = 3000,    /* what is waited for the last datagram at most, */
    PEER_TRIP_UNKNOWN_MS = 750, /* and before anything came */
};

/* The round trip to one site, in milliseconds. Zeroed: nothing came yet. */
struct peer_pace {
    bool measured;
    double usual, variation;
};

/* Takes one round trip into account. */
void peer_pace_measured(struct peer_pace *pace, double trip_ms);

/* The datagrams of one probe. fall is 1 or more. */
unsigned peer_pace_sends(uint32_t fall);

/* How long one probe lasts at most. */
uint32_t peer_pace_timeout_ms(const struct peer_pace *pace, uint32_t fall);

#endif
