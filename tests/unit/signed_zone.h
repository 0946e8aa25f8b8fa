/* SPDX-License-Identifier: ISC */
/* signed_zone: the zone of a site file, loaded with its keys, and versions of it. */
#ifndef SITENS_TESTS_UNIT_SIGNED_ZONE_H
#define SITENS_TESTS_UNIT_SIGNED_ZONE_H

#include "key_file.h"

#include "dns/version.h"

struct signed_zone {
    struct conf *conf;
    struct zone *zone;
    struct version version; /* zeroed before the first signed_zone_make() */
};

/* Loads the zone of a site file; extra is the text of its extra records, or NULL. */
struct signed_zone signed_zone_load(void **state, const char *site_file, const char *extra);

/* Makes the version that the first site serves at now and that answers with set, and puts it in
 * place of the one before. Returns as version_make(). */
int signed_zone_make(struct signed_zone *zone, struct answer_set set, time_t now);

/* The addresses of the first site. */
struct answer_set signed_zone_own(const struct signed_zone *zone);

void signed_zone_done(struct signed_zone *zone);

/* The records of list that have that owner and type, for ldns_rr_list_free(). */
ldns_rr_list *signed_zone_select(const ldns_rr_list *list, const ldns_rdf *owner,
                                 ldns_rr_type type);

/* The signatures of an RRset by its owner and type among rrsigs, for ldns_rr_list_free(). */
ldns_rr_list *signed_zone_rrsigs(const ldns_rr_list *rrsigs, const ldns_rdf *owner,
                                 ldns_rr_type type);

#endif
