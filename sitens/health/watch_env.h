/* SPDX-License-Identifier: ISC */
/*
 * watch_env: what all checks of a process share: the control loop, and the handles on it.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_HEALTH_WATCH_ENV_H
#define SITENS_HEALTH_WATCH_ENV_H

#include <stdbool.h>
#include <uv.h>

struct bus;
struct checker;
struct helpers;

struct watch_env {
    uv_loop_t *loop;
    struct bus *bus; /* systemd */
    struct helpers *helpers;
    struct checker *checker; /* sitens-http */
};

/* Sets up what probes need on loop. Returns 0 or -errno. */
int watch_env_new(uv_loop_t *loop, struct watch_env **ret);

/* Releases env; every watch must have been freed. The caller then runs the loop once more so that
 * closed handles end. */
void watch_env_free(struct watch_env *env);

/* How far the process that makes HTTP checks is confined: *ret_landlock is Landlock's version, 0
 * without; *ret_whole whether nothing is lacking. False if there is no such process now. */
bool watch_env_confinement(const struct watch_env *env, unsigned *ret_landlock, bool *ret_whole);

/* Whether a thread hangs in a file system, so that only _exit() can end the process. */
bool watch_env_is_held(void);

#endif
