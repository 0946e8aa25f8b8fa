/* SPDX-License-Identifier: ISC */
/*
 * sites: several sites that watch their web servers and each other, simulated with the daemon's own
 * functions: rise_fall, check_delay_ms(), peer_pace, gate_asks_peer() and gate_step() are all that
 * they decide by. Here are only the network and the web servers, which delay, lose and fail.
 */
#ifndef SITENS_TESTS_UNIT_SITES_H
#define SITENS_TESTS_UNIT_SITES_H

#include "test.h"

#include "health/gate.h"
#include "health/peer_pace.h"

enum {
    SITES_MAX = 5,
    FAMILIES = 2,
    STEP_MS = 10,
    TRIP_MAX_MS = 120,
    STORM_MS = 60 * 1000,  /* web servers, links and sites come and go */
    SETTLE_MS = 60 * 1000, /* longer than the longest hold-down */
    REST_MS = 60 * 1000,
    HOLD_MAX_MS = 8000,
};

/* How long it takes at most until a site notices that its web server fails, or that another site is
 * not well any more: one interval, and `fall` rounds one after the other. */
enum {
    NOTICE_WEB_MS = 1000 + 2 * (1000 + 2 * STEP_MS) + STEP_MS,
    NOTICE_PEER_MS = 1000 + 2 * (500 + TRIP_MAX_MS + 2 * STEP_MS) + STEP_MS,
};

enum answer { NOTHING, GOOD, BAD, NOT_READY };

/* A check, or one of the two of a peer. */
struct asker {
    struct rise_fall result;
    struct peer_pace pace;
    bool running;
    enum answer answer;
    uint64_t started, trip, ends, due;
};

struct site {
    bool web, dead; /* the web server works; the host does not */
    uint64_t web_since;
    struct asker own, peers[SITES_MAX][FAMILIES];
    struct gate gate;
    struct gate_decision decision;
};

struct world {
    uint32_t seed, loss_percent;
    struct conf conf;
    struct conf_site conf_sites[SITES_MAX];
    struct site sites[SITES_MAX];
    bool cut[SITES_MAX][SITES_MAX];
    unsigned changes, silent_steps;
};

/* A random number below limit. */
uint32_t sites_random(struct world *w, uint32_t limit);

/* A world of two to five sites under some policy, each site with preference 10 or 20. */
void sites_make(struct world *w, uint32_t seed);

/* Lets time pass. flip_every_ms: how often, on average, something fails or is fixed; 0: never.
 * on_step, which may be NULL, looks at the world after each step. */
void sites_run(struct world *w, uint64_t from, uint64_t ms, uint32_t flip_every_ms,
               void (*on_step)(const struct world *w, uint64_t now));

/* The weather becomes fair. healthy: a bit for each site whose web server then works. */
void sites_calm(struct world *w, uint32_t healthy);

/* Whether the site gives any address. */
bool sites_answering(const struct site *s);

#endif
