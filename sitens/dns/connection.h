/* SPDX-License-Identifier: ISC */
/*
 * connection: the TCP connections of one thread: frames in, answers out.
 *
 * Queries may be pipelined, split and joined in any way. A connection holds one buffer for the
 * frame that is not complete yet; answers are made in a buffer of the thread and written at once,
 * and only what the kernel does not take is kept, in which case nothing more is read from that
 * client until it has taken it.
 */
#ifndef SITENS_DNS_CONNECTION_H
#define SITENS_DNS_CONNECTION_H

#include <uv.h>

#include "tcp.h"

struct connection;

enum { CONNECTION_OUTPUT_ROOM = 128 * 1024 }; /* any answer, behind half a buffer of earlier ones */

/* The open connections of one thread, in the order of their last complete query. */
struct connections {
    uv_loop_t *loop;
    struct worker *worker;
    struct connection *oldest, *newest;
    unsigned n, max;
    bool owes_accept; /* there was no memory for one: libuv listens no more until it is accepted */
    bool stopping;    /* a connection closes as soon as its answers are written */
    size_t output_length;
    uint8_t output[CONNECTION_OUTPUT_ROOM];
};

/* Accepts one connection from listener, making room for it if need be. Where it sets owes_accept,
 * it is to be called again later. */
void connections_accept(struct connections *all, uv_stream_t *listener);

/* Closes those that had no complete query for idle_ms or longer; 0 closes all. */
void connections_close_idle(struct connections *all, uint64_t idle_ms);

/* Closes those that have no answer under way, and lets the others follow when it is written. */
void connections_finish(struct connections *all);

#endif
