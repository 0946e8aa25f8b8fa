/* SPDX-License-Identifier: ISC */
/*
 * denial: drafts of answers, and how a draft says that something is not there (RFC 2308, RFC 4035
 * section 3.1.3).
 */
#ifndef SITENS_DNS_DENIAL_H
#define SITENS_DNS_DENIAL_H

#include "zone.h"

/* The sections of an answer; the lists do not own their records. */
struct draft {
    const struct zone *zone;
    bool dnssec; /* with DNSSEC records */
    bool nxdomain;
    bool exact; /* the NSEC among the records is the exact one of the apex */
    ldns_rr_list *answer, *authority;
};

void draft_init(struct draft *draft, const struct zone *zone, bool dnssec);
void draft_done(struct draft *draft);

/* Appends to each section the signatures of its sets, if the draft is with DNSSEC. */
void draft_sign(struct draft *draft);

/* Whether name exists in zone: as an owner, or above one (an empty non-terminal, RFC 8020). */
bool denial_name_exists(const struct zone *zone, const ldns_rdf *name);

/* The name exists, but has no record of that type. */
void denial_of_type(struct draft *draft, const ldns_rdf *name, ldns_rr_type type);

/* The name does not exist. */
void denial_of_name(struct draft *draft, const ldns_rdf *name);

/* No name exists that sorts behind from and before the next owner, and has closest as its closest
 * name that exists; with DNSSEC records. */
void denial_behind(struct draft *draft, const ldns_rdf *closest, const ldns_rdf *from);

#endif
