/* SPDX-License-Identifier: ISC */
/*
 * cookie: DNS server cookies (RFC 7873) in the interoperable form of RFC 9018.
 *
 * A server cookie is 16 octets: version 1, three reserved octets, a timestamp, and SipHash-2-4 over
 * client cookie, version, reserved, timestamp and client address. SipHash comes from libsodium.
 * Because sites do not share secrets, a cookie is good for one site only; clients keep one for each
 * address.
 *
 * Threads: a struct cookie_secrets is immutable while queries use it. Nothing is allocated.
 */
#ifndef SITENS_DNS_COOKIE_H
#define SITENS_DNS_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cookie_secrets.h"

enum {
    COOKIE_CLIENT_LENGTH = 8,
    COOKIE_SERVER_LENGTH = 16, /* RFC 9018 section 4 */
    COOKIE_LENGTH = COOKIE_CLIENT_LENGTH + COOKIE_SERVER_LENGTH,
};

enum cookie_status {
    COOKIE_CLIENT_ONLY, /* no server cookie: a client that does not know us yet */
    COOKIE_FRESH,       /* made by us for this client and address, less than half an hour ago: it
                           can go back as it is (RFC 9018 section 4.3) */
    COOKIE_VALID,       /* the same, but it is time for a new one */
    COOKIE_BAD,         /* a server cookie, but not a valid one: treated as if there were none */
    COOKIE_MALFORMED,   /* a length other than 8 or 16..40: FORMERR (RFC 7873 section 5.2.2) */
};

/*
 * Judges the COOKIE option of a query. option/length: its value. address: the client's, 4 or 16
 * octets. now: seconds of the wall clock. Accepts timestamps from 1 h ago to 5 min ahead (RFC 9018
 * section 4.3), across the end of the 32-bit count (RFC 1982), and either secret.
 */
enum cookie_status cookie_check(const struct cookie_secrets *secrets, const uint8_t *option,
                                size_t length, const uint8_t *address, size_t address_length,
                                uint32_t now);

/*
 * Writes the COOKIE_LENGTH octets of the option for the response: the client's cookie, which is the
 * first 8 octets of the query's option, and a server cookie made now with the current secret.
 */
void cookie_make(const struct cookie_secrets *secrets, const uint8_t *option,
                 const uint8_t *address, size_t address_length, uint32_t now, uint8_t *out);

#endif
