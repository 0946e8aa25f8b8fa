/* SPDX-License-Identifier: ISC */
/*
 * publish: what the daemon tells those outside: the log, the service manager, the state files and
 * the metrics. None of it is needed to answer queries, and nothing waits for it: what cannot be
 * written is a warning, and is tried again.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_PUBLISH_H
#define SITENS_CONTROL_PUBLISH_H

#include <limits.h>

#include "listeners.h"
#include "metrics.h"
#include "replacer.h"
#include "service.h"

struct publisher {
    char metrics_path[PATH_MAX];
    struct replacer *states, *metrics; /* who writes the files: neither waits for the other */
    struct metrics_load load;
    bool lost; /* something that there was no memory for: all is to be told again */
};

/* metrics_path: NULL: sitens.prom in the run-time directory. Returns 0 or -ENOMEM; then, too,
 * publisher_done() is to be called. */
int publisher_init(struct publisher *publisher, const char *metrics_path);

/* Waits a second at most until the files are written. */
void publisher_done(struct publisher *publisher);

/* One log line for each zone: which site this is, by what that is known, by which site file; and a
 * warning where something about it does not fit. */
void publish_configuration(const struct generation *generation);

/* A zone's files in the run-time directory: ZONE.state, the state and its reason on one line and
 * whose addresses are given on the next, and ZONE.standby, empty, which exists while the zone
 * stands by. Of a zone that waits for its new answers they stay as they are. */
void publish_state(struct publisher *publisher, const struct service_zone *zone);

/* The text of `systemctl status`, about all zones. */
void publish_status(struct publisher *publisher, const struct service *service);

/* The state files, the status and the metrics. */
void publish_all(struct publisher *publisher, const struct service *service,
                 const struct listeners *listeners);

/* The same, if something of it was lost. To be called once a second. */
void publish_lost(struct publisher *publisher, const struct service *service,
                  const struct listeners *listeners);

/* Removes the files of the zones of before, NULL allowed, that now does not have any more. */
void publish_forget(struct publisher *publisher, const struct generation *before,
                    const struct generation *now);

/* Notes whether the site files could be loaded, at the start or by a reload, for what is published
 * from now on. */
void publish_load(struct publisher *publisher, bool success, time_t now);

/* The metrics, of all zones: their cost grows with the number of zones. */
void publish_metrics(struct publisher *publisher, const struct service *service,
                     const struct listeners *listeners);

#endif
