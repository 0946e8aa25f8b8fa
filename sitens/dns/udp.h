/* SPDX-License-Identifier: ISC */
/*
 * udp: one thread that answers the queries of one UDP socket.
 *
 * It blocks in the kernel and nowhere else. While queries come singly it takes one by recvfrom(),
 * the cheapest call there is; when they queue up it takes and answers them in batches.
 */
#ifndef SITENS_DNS_UDP_H
#define SITENS_DNS_UDP_H

#include "worker.h"

struct udp;

/* Begins to answer what arrives at fd, a bound datagram socket, which is taken over also on
 * failure. rate is for rate limiting, 0: none. Returns 0 or -errno. */
int udp_start(int fd, const snapshot_source *source, uint32_t rate, struct udp **ret);

/* Ends the thread, waits for it and closes the socket. */
void udp_stop(struct udp *udp);

const struct worker *udp_worker(const struct udp *udp);

#endif
