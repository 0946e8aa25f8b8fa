/* SPDX-License-Identifier: ISC */
/*
 * denial: drafts of answers, and how a draft says that something is not there (RFC 2308, RFC 4035
 * section 3.1.3).
 */
#ifndef SITENS_DNS_DENIAL_H
#define SITENS_DNS_DENIAL_H

#include "records.h"
#include "version.h"

enum {
    DRAFT_ANSWER_MAX = RECORDS_ALIASES_MAX + 2, /* the aliases, and where they lead */
    DRAFT_AUTHORITY_MAX = 3,                    /* an SOA and two NSECs */
};

/* The sections of an answer. Nothing is owned. */
struct draft {
    const struct version *version;
    bool dnssec; /* with DNSSEC records */
    bool nxdomain;
    size_t n_answer, n_authority;
    struct signed_rrset answer[DRAFT_ANSWER_MAX], authority[DRAFT_AUTHORITY_MAX];
};

/* The name exists, but has no record of that type. */
void denial_of_type(struct draft *draft, const ldns_rdf *name, ldns_rr_type type);

/* The name, in the zone, does not exist. Returns 0 or -ENOMEM. */
int denial_of_name(struct draft *draft, const ldns_rdf *name);

/* No name exists that sorts behind from and before the next owner, and has closest as its closest
 * encloser; with DNSSEC records. Returns 0 or -ENOMEM. */
int denial_behind(struct draft *draft, const ldns_rdf *closest, const ldns_rdf *from);

#endif
