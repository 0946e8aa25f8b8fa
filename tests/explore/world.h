/* SPDX-License-Identifier: ISC */
/*
 * world: all that can happen to two or three sites, one thing after the other.
 *
 * In each round every site that is up makes its round once, in any order. Before, between and
 * after, hosts die and start, the operator speaks, files are reloaded. Checks pass or fail and
 * questions to other sites are lost as an adversary likes it, anew each time: so what comes and
 * goes with web servers, links (in one direction or both) and loss needs no state of its own. Only
 * of one site, the watched one, it is known how its web server is and for how long: what is
 * promised is promised of it.
 */
#ifndef SITENS_TESTS_EXPLORE_WORLD_H
#define SITENS_TESTS_EXPLORE_WORLD_H

#include "site.h"

/* What may happen, besides web servers and links that come and go. */
struct weather {
    bool restarts, overrides, reloads;
    bool late; /* an answer may be as old as what its site said before its last round or event */
};

struct world {
    struct weather weather;
    struct conf conf;
    struct conf_site conf_sites[SITES_MAX];
    struct conf_check check;
    struct site sites[SITES_MAX];
    size_t watched;
    unsigned cuts_max; /* links that are cut at the same time when all come to rest */
    struct found found;
    unsigned depth; /* so many things have to happen for the last of them */
    /* In rounds: what was promised, and the worst that was seen. */
    unsigned silence_max, notice_max, rest_max, silence, notice, rest;
};

struct moment {
    uint16_t site[SITES_MAX];
    enum heard before[SITES_MAX]; /* what others heard of it before its last round or event */
    unsigned acted;               /* a bit for each site that has made this round */
    bool web;                     /* the watched web server works */
    unsigned
        age; /* rounds that ended since the watched site is as it is, and for the same reason */
};

/* One thing that happens: to that site, or, if event is EVENTS, to the watched web server. */
struct step {
    size_t site;
    unsigned event;
};

static inline const struct look *world_look(const struct world *w, const struct moment *m, size_t i)
{
    return &w->sites[i].look[m->site[i]];
}

uint64_t world_pack(const struct moment *m);
struct moment world_moment(uint64_t key);

/* What follows when step happens. */
struct moment world_after(const struct world *w, const struct moment *m, struct step step);

/* Makes the sites and explores all that can happen. Returns what promise was broken in the last
 * state of w->found, or NULL. */
const char *world_explore(struct world *w);

void world_done(struct world *w);

/* Prints how the state with that number of w->found came about. */
void world_print_trace(const struct world *w, size_t state);

void world_print_step(const struct world *w, const struct moment *before, struct step step);

#endif
