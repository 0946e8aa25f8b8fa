/* SPDX-License-Identifier: ISC */
/*
 * connection: the TCP connections of one thread: frames in, answers out.
 *
 * Queries may be pipelined, split and joined in any way. A connection holds one buffer for the
 * frames that are not answered yet; answers are made in a buffer of the thread and written at once,
 * and only what the kernel does not take is kept, in which case nothing more is read from that
 * client until it has taken it.
 *
 * Connections take turns. In one turn of the loop each gets one piece of work: one read of at most
 * CONNECTION_INPUT_ROOM octets, and answers up to some CONNECTION_OUTPUT_ROOM. So whoever asks one
 * question waits for a turn or two, however much the others ask.
 */
#ifndef SITENS_DNS_CONNECTION_H
#define SITENS_DNS_CONNECTION_H

#include <uv.h>

#include "worker.h"

struct connection;

enum {
    CONNECTION_QUERY_MAX = 4096, /* octets; no query we could answer is longer */
    CONNECTION_INPUT_ROOM = 2 + CONNECTION_QUERY_MAX, /* with its length, RFC 1035 section 4.2.2 */
    CONNECTION_OUTPUT_ROOM = 128 * 1024, /* any answer, behind half a buffer of earlier ones */
    CONNECTIONS_PER_CLIENT = 32,         /* per /32 or /64 */
    CONNECTIONS_ACCEPT_MAX = 256,        /* in one turn */
};

/* The open connections of one thread, in the order of their last complete query. */
struct connections {
    uv_loop_t *loop;
    struct worker *worker;
    struct connection *oldest, *newest;
    unsigned n, max;
    uv_idle_t more; /* runs while there is work left for the next turn: the loop does not wait */
    bool stopping;  /* a connection closes as soon as its answers are written */
    size_t output_length;
    uint8_t output[CONNECTION_OUTPUT_ROOM];
};

/* Sets up zeroed connections of worker's loop; max of them at a time, 1 or more. */
void connections_init(struct connections *all, uv_loop_t *loop, struct worker *worker,
                      unsigned max);

/* Accepts all who wait at the listening socket fd, but no more than CONNECTIONS_ACCEPT_MAX, closing
 * others if need be. False: there is no memory or no descriptor left, so they go on waiting. */
bool connections_accept(struct connections *all, int fd);

/* Closes those that had no complete query for idle_ms or longer; 0 closes all. */
void connections_close_idle(struct connections *all, uint64_t idle_ms);

/* Closes those that have no answer under way, and lets the others follow when it is written. */
void connections_finish(struct connections *all);

/* Closes what connections_init() opened, after the last connection. */
void connections_done(struct connections *all);

#endif
