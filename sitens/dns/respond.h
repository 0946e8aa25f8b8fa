/* SPDX-License-Identifier: ISC */
/*
 * respond: one query in, one response out. The whole of the DNS protocol that sitens speaks.
 *
 * Bytes in, bytes out: no sockets, no clock but the one passed in, no allocation, no lock, no log.
 * UDP, TCP, the unit tests, the fuzzers and the benchmarks all call the same function.
 */
#ifndef SITENS_DNS_RESPOND_H
#define SITENS_DNS_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cookie.h"
#include "counters.h"
#include "rrl.h"
#include "table.h"

/* Size of the buffer that respond() needs over UDP and over TCP: a query or a response. Over UDP an
 * odd number of cache lines, so that the headers of a batch do not compete for the same few of
 * them; no real query is as long. */
enum { RESPOND_UDP_BUFFER = 4096 + 64, RESPOND_TCP_BUFFER = 65535 };

/* What one thread brings to every query it answers. */
struct responder {
    struct counters counters;
    struct rrl *rrl; /* NULL: no rate limiting */
};

/* Where and when a query came in. */
struct respond_client {
    const uint8_t *address; /* 4 or 16 octets, in network order */
    uint8_t address_length;
    bool tcp;
    uint32_t wall_s;  /* wall clock, for the age of cookies */
    uint64_t mono_ms; /* monotonic clock, for rate limits */
};

/*
 * Answers the query in the first length octets of packet by turning it into the response, in place.
 * Returns the octets of the response, or 0 when there is none to send: over UDP the query is then
 * dropped, over TCP the connection closed.
 */
size_t respond(const struct table *table, struct responder *responder,
               const struct cookie_secrets *secrets, const struct respond_client *client,
               uint8_t *packet, size_t length);

#endif
