/* SPDX-License-Identifier: ISC */
/*
 * gate: the one pure function that decides what a zone does at this site.
 *
 * It knows no clock, socket or library: results, peers and policy go in, a state and its reason
 * come out. Every state is defined here and nowhere else.
 */
#ifndef SITENS_HEALTH_GATE_H
#define SITENS_HEALTH_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum zone_state {
    ZONE_STARTING,    /* silent until the first result */
    ZONE_SERVING,     /* healthy and needed */
    ZONE_FAILING,     /* unhealthy: silent, or SERVFAIL by policy */
    ZONE_STANDBY,     /* healthy, not needed: a site of lower preference answers; SERVFAIL */
    ZONE_DRAINING,    /* a planned stop: silent */
    ZONE_LAST_RESORT, /* unhealthy, but no other site answers: answers, marked as not ready */
    ZONE_EXPIRED,     /* no valid signatures: silent */
    ZONE_STOPPING,    /* silent */
    ZONE_STATES,
};

/* The name of a state as logs, metrics and the state file show it, such as "last-resort". */
const char *zone_state_name(enum zone_state state);

/* What is known about a check, a peer, or the site as a whole. */
enum health { HEALTH_UNKNOWN, HEALTH_DOWN, HEALTH_UP };

/* What overrules every check. */
enum gate_order { GATE_NO_ORDER, GATE_EXPIRED, GATE_DRAIN, GATE_STOP };

enum { GATE_REASON_MAX = 320 }; /* octets of a reason, the final NUL included */

/* A check of this site. */
struct gate_check {
    const char *name; /* as in struct conf_check: "" for [check] */
    enum health health;
    const char *reason; /* of its last result */
};

/* Another site as seen from here. HEALTH_UP: it answers, without being marked as not ready. */
struct gate_peer {
    const char *id;
    uint32_t preference;
    enum health health;
};

struct gate_input {
    const struct conf_policy *policy;
    enum gate_order order;
    const char *order_reason; /* NULL: what can be said of such an order in general */
    uint32_t preference;      /* of this site */
    size_t n_checks, n_peers;
    const struct gate_check *checks;
    const struct gate_peer *peers; /* those that gate_needs_peer() asks for */
    enum health inherited;         /* stands in for checks without a result: the health before a
                                      reload; HEALTH_UNKNOWN after a start */
    uint64_t held_until_ms;        /* the end of the hold-down; 0: none */
};

/* Whether a site of preference own has to know if the peer of preference peer answers. */
bool gate_needs_peer(const struct conf_policy *policy, uint32_t own, uint32_t peer);

/* The health of the site as a whole: down if any check is, up if all are. Hold-down plays no part
 * in it. */
enum health gate_health(const struct gate_input *in);

/* The state at now_ms of the clock of held_until_ms, and one line of text that says why, written
 * to reason, GATE_REASON_MAX octets. */
enum zone_state gate_decide(const struct gate_input *in, uint64_t now_ms, char *reason);

#endif
