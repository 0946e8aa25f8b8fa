/* SPDX-License-Identifier: ISC */
/*
 * referral: how many octets the parent's answer takes that sends a resolver to the sites.
 */
#ifndef PARENTGEN_REFERRAL_H
#define PARENTGEN_REFERRAL_H

#include "delegation.h"

/* Who asks, and so what the referral holds besides the question, NS records and the addresses that
 * lie in the parent zone. */
enum referral_query {
    REFERRAL_PLAIN,  /* without EDNS, RFC 1035: nothing more, up to 512 octets */
    REFERRAL_DNSSEC, /* EDNS and the DO bit: OPT; the DS records, if there are any, with their
                        signature (RFC 4035 section 3.1.4.1). It is taken to be of RSA with 2048
                        bits, 256 octets, the longest in use; ECDSA takes 192 less */
};

/* The size in octets of the referral to the first n_sites sites. Returns 0 if it could not be
 * computed. */
size_t referral_size(const struct delegation *delegation, size_t n_sites,
                     enum referral_query query);

/* How many of the sites fit into an answer over UDP: DNS_UDP_PLAIN or DNS_UDP_EDNS octets. */
size_t referral_fits(const struct delegation *delegation, enum referral_query query);

#endif
