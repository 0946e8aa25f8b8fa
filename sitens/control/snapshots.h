/* SPDX-License-Identifier: ISC */
/*
 * snapshots: the current snapshot, and those before it that a thread may still be using.
 *
 * Threads: the control loop; the threads that answer queries only read source.
 */
#ifndef SITENS_CONTROL_SNAPSHOTS_H
#define SITENS_CONTROL_SNAPSHOTS_H

#include "dns/worker.h"

struct snapshots {
    snapshot_source source;
    struct snapshot *retired;
    uint64_t made; /* the number of the newest */
};

/* Makes a snapshot of table and secrets the current one. The snapshot takes table over. Returns 0
 * or -ENOMEM (table stays the caller's). */
int snapshots_put(struct snapshots *snapshots, struct table *table,
                  const struct cookie_secrets *secrets);

/* Frees the retired snapshots with a number below seen: no thread uses them any more. */
void snapshots_release(struct snapshots *snapshots, uint64_t seen);

/* Frees all; no thread may be left. */
void snapshots_done(struct snapshots *snapshots);

#endif
