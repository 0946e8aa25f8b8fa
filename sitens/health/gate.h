/* SPDX-License-Identifier: ISC */
/*
 * gate: the one pure function that decides what a zone does at this site.
 *
 * It knows no clock, socket or library: what is known about checks and peers, policy and time go
 * in, and a decision comes out: the state, whose addresses are given, whether they are marked, and
 * why. What a state means is said here and nowhere else: all others follow the decision.
 */
#ifndef SITENS_HEALTH_GATE_H
#define SITENS_HEALTH_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/answer_set.h"
#include "hold.h"
#include "rise_fall.h"

enum zone_state {
    ZONE_STARTING,    /* silent until the first result */
    ZONE_SERVING,     /* well, and needed */
    ZONE_FAILING,     /* not well, or held down: withdrawn, in the way that policy says */
    ZONE_OUT,         /* withdrawn in the same way because the operator says so */
    ZONE_STANDBY,     /* well, and a site of lower preference is too: hands over to the best */
    ZONE_LAST_RESORT, /* not well, but no other site is: answers nevertheless */
    ZONE_EXPIRED,     /* no valid signatures: silent */
    ZONE_STOPPING,    /* silent */
    ZONE_STATES,
};

/* The name of a state as logs, metrics and the state file show it, such as "last-resort". */
const char *zone_state_name(enum zone_state state);

/* What the operator says of the site, over its checks (sitensctl(8)). */
enum gate_override {
    GATE_AUTO, /* nothing: the checks decide */
    GATE_IN,   /* it serves, whatever the checks say */
    GATE_OUT,  /* it does not */
    GATE_HELD, /* nothing yet: it has failed once, and by `return = manual` it waits for a word */
    GATE_OVERRIDES,
};

/* "auto", "in", "out", "held". */
const char *gate_override_name(enum gate_override override);

enum { GATE_REASON_MAX = 320 }; /* octets of a reason, the final NUL included */

/* A check of this site. */
struct gate_check {
    struct rise_fall result;
    const char *reason; /* of the result that turned its health, or confirmed it last */
};

/* Another site, by the family over which its nameserver is asked; an alarm is its own word that it
 * is not ready. */
struct gate_peer {
    struct rise_fall v4, v6;
};

struct gate_input {
    const struct conf *conf;
    size_t self;                     /* this site's index in conf */
    const struct gate_check *checks; /* one for each of conf */
    const struct gate_peer *peers;   /* one for each site of conf; those that gate_asks_peer() does
                                        not ask for are not looked at */
    const char *expired;             /* why the signatures cannot be served; NULL: they can */
    bool stopping;                   /* the daemon ends */
};

/* What is remembered from one decision to the next. Zeroed: the zone starts. */
struct gate {
    struct hold hold;
    enum gate_override override;
    enum health health;    /* of the site, by its checks alone */
    enum health inherited; /* its health before a reload: stands in for checks without a result */
};

struct gate_decision {
    enum zone_state state;
    struct answer_set answers; /* whose addresses are given; empty: none */
    bool well;                 /* else every answer is marked as not ready (EDE 14) */
    enum gate_override override;
    bool servfail;     /* how to answer with an empty set: with SERVFAIL, or not at all */
    bool standby;      /* late users may be sent to another site */
    bool trouble;      /* somebody should have a look */
    uint64_t again_ms; /* when time alone will change it; 0: it will not */
    char reason[GATE_REASON_MAX];
};

/* Whether the site self has to ask that other site how it is; peer may be self (false). */
bool gate_asks_peer(const struct conf *conf, size_t self, size_t peer);

/* Whether that site, which is asked, is well. */
enum health gate_peer_health(const struct gate_input *in, size_t peer);

/* Goes on where before was, after a reload. */
void gate_carry_over(struct gate *gate, const struct gate *before);

/* Decides anew. To be called after each result and at again_ms; now_ms never goes back. */
void gate_step(struct gate *gate, const struct gate_input *in, uint64_t now_ms,
               struct gate_decision *ret);

/* Whether two decisions are the same but for their reasons. */
bool gate_same_but_reason(const struct gate_decision *a, const struct gate_decision *b);

#endif
