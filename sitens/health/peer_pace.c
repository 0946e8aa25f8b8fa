/* SPDX-License-Identifier: ISC */
#include "peer_pace.h"

#include <math.h>

void peer_pace_measured(struct peer_pace *pace, double trip_ms)
{
    if (pace->measured) {
        pace->variation = 0.75 * pace->variation + 0.25 * fabs(pace->usual - trip_ms);
        pace->usual = 0.875 * pace->usual + 0.125 * trip_ms;
    } else {
        *pace = (struct peer_pace){true, trip_ms, trip_ms / 2};
    }
}

unsigned peer_pace_sends(uint32_t fall)
{
    return fall == 1 ? PEER_SENDS_MAX : PEER_SENDS_MAX / 2;
}

uint32_t peer_pace_timeout_ms(const struct peer_pace *pace, uint32_t fall)
{
    const double least = PEER_SEND_MS /* a busy host may be so late */, most = PEER_TRIP_MAX_MS;
    double trip = PEER_TRIP_UNKNOWN_MS;

    if (pace->measured)
        trip = pace->usual + 4 * pace->variation;
    if (trip < least)
        trip = least;
    if (trip > most)
        trip = most;
    return (peer_pace_sends(fall) - 1) * PEER_SEND_MS + (uint32_t)trip;
}
