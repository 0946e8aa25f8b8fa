/* SPDX-License-Identifier: ISC */
/*
 * status: what is known of each zone at this moment, for sitensctl(8), as JSON.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_STATUS_H
#define SITENS_CONTROL_STATUS_H

#include "overrides.h"
#include "service.h"

/* The text, with its final newline, for free(); NULL without memory. zone: only that one; NULL:
 * all. reload_failed: the last one, so that this is the configuration of before. The members are
 * described in sitensctl(8). */
char *status_json(const struct service *service, const struct overrides *overrides,
                  const char *zone, bool reload_failed);

#endif
