/* SPDX-License-Identifier: ISC */
/*
 * views: the view in force, and those before it that a thread may still be using.
 *
 * Threads: the control loop; the threads that answer queries only read source.
 */
#ifndef SITENS_VIEWS_H
#define SITENS_VIEWS_H

#include "dns/worker.h"

struct views {
    view_source source;
    struct view *retired;
    uint64_t made; /* the number of the newest */
};

/* Puts a view of table and secrets in force. The view takes table over. Returns 0 or -ENOMEM (table
 * stays the caller's). */
int views_put(struct views *views, struct table *table, const struct cookie_secrets *secrets);

/* Frees the retired views with a number below seen: no thread uses them any more. */
void views_release(struct views *views, uint64_t seen);

/* Frees all; no thread may be left. */
void views_done(struct views *views);

#endif
