/* SPDX-License-Identifier: ISC */
/*
 * records: the extra records of a zone (`records =` in the site file).
 *
 * Any type that ldns knows, at the apex and below, the same on every site. What would contradict
 * the records that sitens makes itself, or make names appear that nobody wrote, is refused; and so
 * is what would be served other than it is written (rdata.h).
 */
#ifndef SITENS_DNS_RECORDS_H
#define SITENS_DNS_RECORDS_H

#include "zone.h"

enum { RECORDS_ALIASES_MAX = 8 }; /* CNAMEs that lead to one another inside the zone */

/* Appends the records of the file at path to zone->records, owners in lower case. Returns 0,
 * FAULTS_REPORTED or -ENOMEM. */
int records_load(struct zone *zone, const char *path, struct faults *faults);

#endif
