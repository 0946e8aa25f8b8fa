/* SPDX-License-Identifier: ISC */
/*
 * watch: follows one zone's local web server and says what is to be done about the zone.
 *
 * It owns the zone's checks and, where policy needs them, the probes of the other sites, two for
 * each: one a family. It hands what they find to the gate and reports each new decision.
 *
 * Threads: everything here runs on the control loop.
 */
#ifndef SITENS_HEALTH_WATCH_H
#define SITENS_HEALTH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "gate.h"
#include "watch_env.h"

struct watch;

/* Called whenever the decision is another one, if only in its reason; never from inside
 * watch_new(). The watch must not be freed from inside it. */
typedef void (*watch_change_fn)(void *userdata);

/*
 * Begins to watch the zone of conf as seen from the site self (one of conf's). conf must outlive
 * the watch. previous, which may be NULL, is the watch of the same zone before a reload: what it
 * knows decides until there are other results, so that a reload causes neither a flap nor silence.
 * expired: as for watch_set_expired(). override: of the operator, where there is no previous.
 * Returns 0 or -errno; previous is as it was in any case.
 */
int watch_new(struct watch_env *env, const struct conf *conf, const struct conf_site *self,
              struct watch *previous, const char *expired, enum gate_override override,
              watch_change_fn on_change, void *userdata, struct watch **ret);

/* Moves the checks that the reload did not change out of previous, running rounds included. To be
 * called in the same turn of the loop as watch_new(), once the reload cannot fail any more;
 * previous is then to be freed. */
void watch_take_over(struct watch *watch);

/* Ends all checks. on_change is not called any more. NULL is allowed. */
void watch_free(struct watch *watch);

/* What is to be done now; valid until the loop runs again. */
const struct gate_decision *watch_decision(const struct watch *watch);

/* Says that the signatures cannot be served, and why (kept as it is), or that they can: NULL. */
void watch_set_expired(struct watch *watch, const char *why);

/* Says what the operator wants; GATE_AUTO ends what GATE_HELD waits for as well. */
void watch_set_override(struct watch *watch, enum gate_override override);

/* Says that the daemon ends. */
void watch_set_stopping(struct watch *watch);

/* Whether the first result, or its deadline, has been reached (READY=1 may be sent). Ask again at
 * each change and once a second: checks with a deadline of minutes are not waited for. */
bool watch_settled(const struct watch *watch);

/* Whether every check completed or started when it should have; false means that the control loop
 * or a library is stuck and the watchdog must not be fed. now_ms is uv_now(). */
bool watch_on_time(const struct watch *watch, uint64_t now_ms);

/* A check or a peer, for the metrics. Strings are valid until the loop runs again. */
struct watch_item {
    const char *name;   /* of the check ("" for [check]), or the peer's site id */
    enum health health; /* by rise and fall; of a peer: whether it is well */
    const char *reason; /* of that health; NULL of a peer */
    bool passed;        /* the last result; not of a peer */
    double duration_s;  /* of the last round; not of a peer */
};

/* The i-th check, the i-th peer that is asked; false when there are no more. */
bool watch_check(const struct watch *watch, size_t i, struct watch_item *ret);
bool watch_peer(const struct watch *watch, size_t i, struct watch_item *ret);

#endif
