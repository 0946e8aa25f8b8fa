/* SPDX-License-Identifier: ISC */
/*
 * site: one site as a finite automaton, made from the daemon's own functions.
 *
 * gate_step(), rise_fall_result() and rise_fall_alarm() are called for each state that a site can
 * be in and for all that can happen to it there; the explorer then only looks up what they said.
 *
 * Time is counted in rounds: in one round a site asks its web server and every other site once.
 * Times are kept relative to now, and forgotten when hold.c no longer looks at them; so there are
 * finitely many states.
 */
#ifndef SITENS_TESTS_EXPLORE_SITE_H
#define SITENS_TESTS_EXPLORE_SITE_H

#include "found.h"
#include "health/gate.h"

enum { SITES_MAX = 3, ROUND_MS = 1000, STATES_MAX = 1 << 14 };

/* What one site hears from another. Silence may also be a lost datagram or a cut link. */
enum heard { NOTHING, READY, NOT_READY, HEARD_KINDS };

/* What can happen to a site. Below ROUNDS: it makes its round, see site_round(). */
enum event {
    ROUNDS = 2 * HEARD_KINDS * HEARD_KINDS,
    DIES = ROUNDS, /* its host, or only sitens */
    STARTS,
    OUT,
    IN,
    AUTO,
    RELOADS,       /* nothing that is asked has changed */
    RELOADS_CHECK, /* the check is another one */
    RELOADS_PEERS, /* the other sites are others */
    RELOADS_ALL,
    EVENTS,
};

/* What the others and the users notice of a state, and what is wrong with it by itself. */
struct look {
    bool alive;
    enum zone_state state;
    enum gate_override override;
    enum heard heard;
    unsigned answers;   /* a bit for each site whose address it gives */
    const char *broken; /* a promise that one site alone can break, or NULL */
};

struct site {
    const struct conf *conf;
    size_t self;
    struct found states; /* as they were made, before those that are alike became one */
    size_t n;
    struct look look[STATES_MAX];
    uint16_t next[STATES_MAX][EVENTS]; /* the state itself where an event is not possible */
};

/* The event of a round in which the web server passes its check or not, and heard[i] comes from
 * site i. */
unsigned site_round(size_t n_sites, size_t self, bool passes, const enum heard *heard);

/* Makes the automaton of the site self; state 0 is a host that is down. reloads: whether they are
 * part of it. Fails the program where STATES_MAX does not do. */
void site_make(struct site *site, const struct conf *conf, size_t self, bool reloads);

void site_done(struct site *site);

#endif
