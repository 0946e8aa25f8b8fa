/* SPDX-License-Identifier: ISC */
/*
 * watch: follows one zone's local web server and says what state the zone is in at this site.
 *
 * It owns the zone's checks (and, where policy needs them, the probes of the other sites), feeds
 * their results to the gate and reports each change of state once.
 *
 * Threads: everything here runs on the control loop.
 */
#ifndef SITENS_HEALTH_WATCH_H
#define SITENS_HEALTH_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "conf/conf.h"
#include "gate.h"

struct watch;

/* What all watches of a process share: the control loop and the libraries' handles on it. */
struct watch_env;

/* Called on each change of state, never from inside watch_new() nor watch_order(). reason is one
 * line of text such as "check: HTTP status 500, expected 200-399", valid only during the call. The
 * watch must not be freed from inside it. */
typedef void (*watch_state_fn)(void *userdata, enum zone_state state, const char *reason);

/* Sets up what probes need on loop. Returns 0 or -errno. */
int watch_env_new(uv_loop_t *loop, struct watch_env **ret);

/* Releases env; every watch must have been freed. The caller then runs the loop once more so that
 * closed handles end. */
void watch_env_free(struct watch_env *env);

/* How far the process that makes HTTP checks is confined: *ret_landlock is Landlock's version, 0
 * without; *ret_whole whether nothing is lacking. False if there is no such process now. */
bool watch_env_confinement(const struct watch_env *env, unsigned *ret_landlock, bool *ret_whole);

/*
 * Begins to watch the zone of conf as seen from the site self (one of conf's). conf must outlive
 * the watch. previous, which may be NULL, is the watch of the same zone before a reload: the health
 * state of each check that did not change is taken over, so that a reload causes neither a flap nor
 * silence; the caller frees previous afterwards. Returns 0 or -errno.
 */
int watch_new(struct watch_env *env, const struct conf *conf, const struct conf_site *self,
              const struct watch *previous, watch_state_fn on_state, void *userdata,
              struct watch **ret);

/* Ends all checks. No call of on_state follows. NULL is allowed. */
void watch_free(struct watch *watch);

enum zone_state watch_state(const struct watch *watch);

/* The reason of the current state; valid until the loop runs again. */
const char *watch_reason(const struct watch *watch);

/* Overrules the checks, which go on; GATE_NO_ORDER lets them decide again. reason is kept as it is
 * and may be NULL. Returns the new state. */
enum zone_state watch_order(struct watch *watch, enum gate_order order, const char *reason);

/* Whether the first result, or its deadline, has been reached (READY=1 may be sent). Ask again at
 * each change of state and once a second: checks with a deadline of minutes are not waited for. */
bool watch_settled(const struct watch *watch);

/* Whether every check completed or started when it should have; false means that the control loop
 * or a library is stuck and the watchdog must not be fed. now_ms is uv_now(). */
bool watch_on_time(const struct watch *watch, uint64_t now_ms);

/* A check or a peer, for the metrics. Strings are valid until the loop runs again. */
struct watch_item {
    const char *name;   /* of the check ("" for [check]), or the peer's site id */
    enum health health; /* by rise and fall; for a peer, whether it answers */
    bool passed;        /* the last result */
    double duration_s;  /* of the last round */
};

/* The i-th check, the i-th peer that is asked; false when there are no more. */
bool watch_check(const struct watch *watch, size_t i, struct watch_item *ret);
bool watch_peer(const struct watch *watch, size_t i, struct watch_item *ret);

#endif
