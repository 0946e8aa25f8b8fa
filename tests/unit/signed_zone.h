/* SPDX-License-Identifier: ISC */
/* signed_zone: the zone of a site file, loaded with its keys. */
#ifndef SITENS_TESTS_UNIT_SIGNED_ZONE_H
#define SITENS_TESTS_UNIT_SIGNED_ZONE_H

#include "key_file.h"

#include "dns/zone.h"

/* Loads what the first site of a site file serves, without signing it; extra is the text of its
 * extra records, or NULL. */
struct zone *signed_zone_load(void **state, const char *site_file, const char *extra);

/* The signatures of a set by its owner and type among rrsigs, for ldns_rr_list_free(). */
ldns_rr_list *signed_zone_rrsigs(const ldns_rr_list *rrsigs, const ldns_rdf *owner,
                                 ldns_rr_type type);

#endif
