/* SPDX-License-Identifier: ISC */
/*
 * hold: the hold-down, the least time a site stays out of service once it has withdrawn.
 *
 * A site that comes and goes is worse for resolvers than one that stays away for a while. Each
 * relapse doubles the hold-down, up to hold-down-max; once the site has been in service for
 * hold-down-max without a relapse, the doubling is forgotten. A site that was never in service
 * (a failed first check, a web server that starts after us) is not held down.
 *
 * Pure: `now` is passed in and never goes back (uv_now()).
 */
#ifndef SITENS_HEALTH_HOLD_H
#define SITENS_HEALTH_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* Zeroed is a site that was not yet in service. */
struct hold {
    bool in_service;
    uint64_t since_ms;  /* of in_service */
    uint64_t until_ms;  /* no service before this time */
    uint32_t length_ms; /* of the last hold-down; 0: there was none */
};

/* Takes into account that the checks are up or down at now_ms. Returns whether the site is fit for
 * service: up, and not held down. */
bool hold_update(struct hold *hold, const struct conf_policy *policy, bool up, uint64_t now_ms);

#endif
