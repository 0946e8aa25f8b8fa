/* SPDX-License-Identifier: ISC */
/*
 * metrics: the state of the daemon as Prometheus text, for node_exporter's textfile collector.
 *
 * The file is replaced as a whole. Names and labels are documented in sitens(8) and do not change
 * between versions.
 *
 * Threads: the control loop only; counters of other threads are read as they are.
 */
#ifndef SITENS_CONTROL_METRICS_H
#define SITENS_CONTROL_METRICS_H

#include "listeners.h"
#include "replacer.h"
#include "service.h"

/* What came of loading the site files. */
struct metrics_load {
    bool failed;      /* the last time */
    time_t succeeded; /* when it last did */
};

/* Has the metrics written to path; without memory they are left out this time. */
void metrics_write(struct replacer *replacer, const char *path, const struct service *service,
                   const struct listeners *listeners, const struct metrics_load *load);

#endif
