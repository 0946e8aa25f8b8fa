/* SPDX-License-Identifier: ISC */
/*
 * zone: the records one site serves for one delegated name, as ldns objects.
 *
 * Made once a load from the site file; the query path never sees it. The SOA and the NS set are the
 * same on every site, the addresses at the apex are this site's own.
 */
#ifndef SITENS_DNS_ZONE_H
#define SITENS_DNS_ZONE_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "conf/answer_set.h"

/* What sign makes; all NULL and 0 in an unsigned zone. */
struct zone_signatures {
    ldns_rr_list *nsecs;      /* one for each owner, in canonical order, the full one of the apex
                                 first */
    ldns_rr_list *exact;      /* the other NSEC of the apex with its signatures; empty when the
                                  site has both A and AAAA */
    ldns_rr_list *rrsigs;     /* of all other sets */
    time_t inception, expiry; /* validity of every signature */
    time_t again;             /* when to sign again */
};

struct zone {
    ldns_rdf *apex;        /* lower case */
    ldns_rr_list *records; /* every record but NSEC and RRSIG; owners in lower case */
    ldns_rr_list *hinfos; /* made up as answers to ANY (RFC 8482), for each owner that has neither a
                             CNAME nor a HINFO; not part of the zone otherwise */
    struct answer_set set; /* whose addresses the apex has */
    uint32_t serial;       /* fingerprint of the site file and of the extra records */
    uint32_t ttl, negative_ttl, delegation_ttl; /* seconds, as in struct conf */
    struct keys *keys;                          /* NULL: the zone is not signed */
    struct zone_signatures signatures;
};

/*
 * Builds the zone of conf as the site self serves it. The extra records and the keys are read here,
 * but nothing is signed yet: see sign_zone(). Returns 0 and a zone for zone_free();
 * FAULTS_REPORTED; or -ENOMEM.
 */
int zone_load(const struct conf *conf, const struct conf_site *self, struct faults *faults,
              struct zone **ret);

/*
 * Gives the apex the addresses of the sites and families of set, self's own first, then in the
 * order of conf. The signatures do not fit then: see sign_zone(). Returns 0, or -ENOMEM and nothing
 * has changed.
 */
int zone_set_answers(struct zone *zone, const struct conf *conf, const struct conf_site *self,
                     struct answer_set set);

/* NULL is allowed. */
void zone_free(struct zone *zone);

/* Appends the records of list that have that owner and type to found, which does not own them. */
size_t zone_select(const ldns_rr_list *list, const ldns_rdf *owner, ldns_rr_type type,
                   ldns_rr_list *found);

/* Whether owner has a record of that type (any type: LDNS_RR_TYPE_ANY) in the zone. */
bool zone_has(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type);

/* Appends the records of that owner and type to list, which does not own them. Returns their
 * number. */
size_t zone_rrset(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type,
                  ldns_rr_list *list);

#endif
