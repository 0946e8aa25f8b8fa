/* SPDX-License-Identifier: ISC */
/*
 * entry: what stands before a record's data in a zone file, and what the directives set (RFC 1035
 * section 5.1, RFC 2308 section 4).
 */
#ifndef SITENS_DNS_ENTRY_H
#define SITENS_DNS_ENTRY_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdint.h>

#include "zonefile.h"

enum { ENTRY_WHY_MAX = 512 };

/* What entries hand on to those behind them. */
struct entry_defaults {
    ldns_rdf *origin, *owner; /* the owner is in lower case */
    uint32_t ttl;
};

struct entry_head {
    const ldns_rdf *owner; /* that of the defaults */
    uint32_t ttl;          /* seconds, up to 2^31 - 1 (RFC 2181 section 8) */
    bool in;               /* of class IN */
    ldns_rr_type type;
    size_t data; /* the first word of the data */
};

bool entry_is_directive(const struct zonefile *z);

/* Does what the directive says. False: why, ENTRY_WHY_MAX octets, says what is wrong. */
bool entry_obey(const struct zonefile *z, struct entry_defaults *defaults, char *why);

/* Reads owner, TTL, class and type of a record. False: why, ENTRY_WHY_MAX octets, says what is
 * wrong. */
bool entry_read(const struct zonefile *z, struct entry_defaults *defaults, struct entry_head *ret,
                char *why);

#endif
