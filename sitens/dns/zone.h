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
#include <stdio.h>

#include "conf.h"

struct zone {
    ldns_rdf *apex;        /* lower case */
    ldns_rr_list *records; /* every record but NSEC and RRSIG; owners in lower case */
    uint32_t serial;       /* fingerprint of the site file and of the extra records */
    uint32_t ttl, negative_ttl, delegation_ttl; /* seconds, as in struct conf */
};

/*
 * Builds the zone of conf as the site self serves it. The extra records are read here; each fault
 * in them goes to on_fault as "file:line: what is wrong, what is allowed". Returns 0 and a zone
 * for zone_free(), or -EINVAL (faults reported) or -ENOMEM.
 */
int zone_load(const struct conf *conf, const struct conf_site *self, conf_fault_fn on_fault,
              void *userdata, struct zone **ret);

/* NULL is allowed. */
void zone_free(struct zone *zone);

/* Appends the records of that owner and type to list, which does not own them. Returns their
 * number. */
size_t zone_rrset(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type,
                  ldns_rr_list *list);

/* Writes the zone in presentation format. */
void zone_print(FILE *out, const struct zone *zone);

#endif
