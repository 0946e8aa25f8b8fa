/* SPDX-License-Identifier: ISC */
/*
 * tcp: one thread that answers the queries of one listening TCP socket (RFC 7766, RFC 9210).
 *
 * Everything is bounded: connections in all and for each client, the size of a query, what is done
 * for one of them before it is the others' turn, and the time without a complete query.
 */
#ifndef SITENS_DNS_TCP_H
#define SITENS_DNS_TCP_H

#include "worker.h"

enum {
    TCP_CONNECTIONS_MAX = 256, /* and no more than the process has descriptors for */
    TCP_IDLE_MS = 10000,       /* "on the order of a few seconds": RFC 7766 section 6.2.3 */
};

struct tcp;

/* Begins to listen and to answer on fd, a bound stream socket, which is taken over also on failure.
 * max: connections at a time. Returns 0 or -errno. */
int tcp_start(int fd, const snapshot_source *source, unsigned max, struct tcp **ret);

/* Begins to stop: the thread closes the listening socket, lets answers under way finish for half a
 * second at most, closes the connections, and ends. */
void tcp_finish(struct tcp *tcp);

/* The same, and waits for the thread to end. NULL is allowed. */
void tcp_stop(struct tcp *tcp);

const struct worker *tcp_worker(const struct tcp *tcp);

#endif
