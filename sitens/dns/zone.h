/* SPDX-License-Identifier: ISC */
/*
 * zone: what all sites serve for one delegated name, as ldns objects: all records but the addresses
 * at the apex, which depend on the site and on the time (version.h).
 *
 * Made once a load from the site file, and never changed; the query path does not see it.
 */
#ifndef SITENS_DNS_ZONE_H
#define SITENS_DNS_ZONE_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "conf/answer_set.h"
#include "rrsets.h"

struct zone {
    ldns_rdf *apex;        /* lower case */
    ldns_rr_list *records; /* every record but the addresses of the apex, NSEC and RRSIG; owners in
                              lower case */
    struct rrsets rrsets;  /* of records */
    ldns_rr_list *hinfo_records; /* made up as answers to ANY (RFC 8482), for each owner that has
                                    neither a CNAME nor a HINFO; not part of the zone otherwise */
    struct rrsets hinfos;        /* of hinfo_records */
    uint32_t serial;             /* fingerprint of the site file and of the extra records */
    uint32_t ttl, negative_ttl, delegation_ttl; /* seconds, as in struct conf */
    struct keys *keys;                          /* NULL: the zone is not signed */
};

/*
 * Builds the zone of conf, the same at every site. The extra records and the keys are read here.
 * Returns 0 and a zone for zone_free(); FAULTS_REPORTED; or -ENOMEM.
 */
int zone_load(const struct conf *conf, struct faults *faults, struct zone **ret);

/* NULL is allowed. */
void zone_free(struct zone *zone);

/* Whether owner has a record of that type in the zone, the addresses of the apex not counted. */
bool zone_has(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type);

/* Appends the record of an address to list, which owns it then. owner is without final dot. False:
 * out of memory. */
bool zone_add_address(ldns_rr_list *list, const char *owner, uint32_t ttl,
                      const struct address *address);

#endif
