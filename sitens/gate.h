/* SPDX-License-Identifier: ISC */
/*
 * gate: the one pure function that decides what a zone does at this site.
 *
 * It knows no clock, socket or library: verdicts, peers and policy go in, a state and its reason
 * come out. Every state is defined here and nowhere else.
 */
#ifndef SITENS_GATE_H
#define SITENS_GATE_H

enum zone_state {
    ZONE_STARTING,    /* silent until the first verdict */
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

#endif
