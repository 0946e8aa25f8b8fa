/* SPDX-License-Identifier: ISC */
/*
 * listener: one address and port, with the threads that answer there.
 */
#ifndef SITENS_DNS_LISTENER_H
#define SITENS_DNS_LISTENER_H

#include "conf/conf.h"
#include "worker.h"

struct listener;

struct listener_options {
    const snapshot_source *source;
    unsigned workers; /* UDP threads, 1..CONF_WORKERS_MAX; TCP has one of its own */
    uint32_t rate;    /* for rate limiting; 0: none */
    unsigned tcp_max; /* TCP connections at a time */
};

/* Binds endpoint over UDP and TCP and begins to answer there. The address need not be on an
 * interface yet. Returns 0 or -errno: -EADDRINUSE when another process (or another sitens) has
 * it. */
int listener_start(const struct endpoint *endpoint, const struct listener_options *options,
                   struct listener **ret);

/* Begins what listener_stop() would have to wait for: half a second at most, for the last answers
 * over TCP. So several listeners can be stopped in the time of one. */
void listener_finish(struct listener *listener);

/* Ends the threads and closes the sockets. NULL is allowed. */
void listener_stop(struct listener *listener);

const struct endpoint *listener_endpoint(const struct listener *listener);

/* Calls visit for each thread. */
void listener_visit(const struct listener *listener,
                    void (*visit)(void *userdata, const struct worker *worker), void *userdata);

#endif
