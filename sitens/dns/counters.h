/* SPDX-License-Identifier: ISC */
/*
 * counters: what happened to queries, counted by the thread that answers them.
 *
 * Each thread writes its own struct; any thread may read it. Values only grow (and wrap never in
 * practice: 64 bits).
 */
#ifndef SITENS_DNS_COUNTERS_H
#define SITENS_DNS_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

enum counter_transport { COUNTER_UDP, COUNTER_TCP, COUNTER_TRANSPORTS };

/* Why a query got no answer, or less than it asked for. */
enum counter_ignored {
    COUNTER_SILENT,    /* the zone is silent at this site */
    COUNTER_MALFORMED, /* shorter than a header, or a response */
    COUNTER_LIMITED,   /* dropped by rate limiting */
    COUNTER_SLIPPED,   /* truncated by rate limiting */
    COUNTER_UNSENT,    /* the kernel would not take the answer */
    COUNTER_IGNORED_REASONS,
};

enum { COUNTER_RCODES = 24 }; /* 0 to 23, BADCOOKIE */

typedef _Atomic uint64_t counter;

struct counters {
    counter queries[COUNTER_TRANSPORTS];
    counter responses[COUNTER_RCODES];
    counter ignored[COUNTER_IGNORED_REASONS];
    counter tcp_connections; /* open ones; a gauge */
};

/* Only the owning thread adds, so that a load and a store do, without a locked instruction. */
static inline void counter_add(counter *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline uint64_t counter_get(const counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

#endif
