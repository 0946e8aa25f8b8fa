/* SPDX-License-Identifier: ISC */
/*
 * listeners: the set of addresses the daemon answers on, and whether its threads are alive.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_LISTENERS_H
#define SITENS_CONTROL_LISTENERS_H

#include "conf/conf.h"
#include "dns/listener.h"

enum { LISTENERS_MAX = 256 }; /* each has two threads at least */

/* Why an endpoint could not be had: -errno. */
struct listeners_failure {
    struct endpoint endpoint;
    int error;
};

struct listeners {
    size_t n;
    struct listeners_item *at[LISTENERS_MAX];
    struct counters gone; /* of the threads that have ended */
    size_t n_failed;
    struct listeners_failure failed[LISTENERS_MAX]; /* of what was wanted last; told */
};

/*
 * Makes the set of listeners that of the n endpoints, of which there are LISTENERS_MAX at most:
 * those that stay are not touched, new ones are started, others are stopped. Failures are logged,
 * but for those of the call before, so that it can be called again until all is well. Returns
 * 0, or the -errno of a failure that the operator has to fix, such as -EADDRINUSE, or
 * -EADDRNOTAVAIL when nothing could be bound.
 */
int listeners_set(struct listeners *listeners, const struct endpoint *endpoints, size_t n,
                  const struct listener_options *options);

/* TCP connections for each of n listeners, so that clients cannot use up the descriptors that the
 * checks need: half of what the process may have, shared. */
unsigned listeners_tcp_max(size_t n);

void listeners_stop(struct listeners *listeners);

/* The lowest number of a snapshot that any thread may be using; none is below it. */
uint64_t listeners_seen(const struct listeners *listeners);

/* Has idle threads turn. To be called every WORKER_TURN_MS. */
void listeners_wake(const struct listeners *listeners);

/* Whether every thread turned lately. now_ms: uv_now(). */
bool listeners_alive(struct listeners *listeners, uint64_t now_ms);

/* Adds the counters of all threads, past and present, to sum. */
void listeners_sum(const struct listeners *listeners, struct counters *sum);

#endif
