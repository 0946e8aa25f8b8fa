/* SPDX-License-Identifier: ISC */
/*
 * renewal: what is served, and how it is replaced by something newer.
 *
 * There is one way for all that may change: site files that were reloaded, signatures, the secrets
 * of cookies, the addresses that are given. It is made anew in a thread beside the control loop,
 * put in place by one pointer, and only then announced. Site files are read in another thread, for
 * their file system may hang: everything else goes on then. One of each at a time; what is asked
 * for meanwhile counts as one and comes next.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_RENEWAL_H
#define SITENS_CONTROL_RENEWAL_H

#include <uv.h>

#include "generation.h"
#include "overrides.h"
#include "secrets.h"
#include "server.h"
#include "service.h"
#include "snapshots.h"
#include "task.h"
#include "update.h"

struct renewal_events {
    /* As in service.h. */
    void (*on_change)(void *userdata, const struct service_zone *zone, bool announced);
    /* A reload begins; and what is current is about to be freed; and it ended: 0, or the previous
     * configuration goes on, for a reason that was logged. */
    void (*on_reloading)(void *userdata);
    void (*on_replacing)(void *userdata, const struct generation *next);
    void (*on_reloaded)(void *userdata, int result);
    void *userdata;
};

/* Site files that are being read. */
struct renewal_reading {
    struct task task;
    bool told; /* that it takes long */
    uint64_t since_ms;
    struct self_host *host; /* freed with free() */
    struct generation *generation;
    int result;
};

/* Answers that are being made. */
struct renewal_making {
    struct task task;
    struct update *update;
    int result;
    unsigned repeated; /* since the last that was put in place */
};

struct renewal {
    const struct server_options *options;
    struct watch_env *env;
    struct renewal_events events;
    struct generation *generation; /* what is current, NULL before the first load */
    struct service *service;       /* its zones, watched */
    struct snapshots snapshots;
    struct secrets secrets;
    struct overrides overrides;
    struct generation *next; /* read, waiting for its answers or having them made */
    struct renewal_reading reading;
    struct renewal_making making;
    uv_timer_t soon;
    bool reload_wanted;
    bool stale;  /* the current snapshot lacks newer secrets */
    bool paused; /* after a failure, until the next tick */
};

/* Sets up what the others need. Returns 0 or -errno; renewal_done() is due in any case. */
int renewal_init(struct renewal *renewal, uv_loop_t *loop, struct watch_env *env,
                 const struct server_options *options, const struct renewal_events *events);

/* The first load, here and now. Returns 0; else why not was logged: FAULTS_REPORTED where a site
 * file is wrong, or -errno. */
int renewal_load(struct renewal *renewal);

/* Asks for a reload. */
void renewal_reload(struct renewal *renewal);

/* Looks for what is due. To be called once a second. */
void renewal_check(struct renewal *renewal);

/* Ends it: nothing is watched any more. Does not wait for a file system that hangs, nor for answers
 * that are being made. Returns whether nothing is under way: then renewal_free() may follow, once
 * the loop has closed its handles. Else the process must end by _exit(). */
bool renewal_done(struct renewal *renewal);

/* Frees what was served. No thread that answers queries may be left. */
void renewal_free(struct renewal *renewal);

#endif
