/* SPDX-License-Identifier: ISC */
/*
 * targets: names in the extra records that hardly are what was meant.
 *
 * A name without its final dot gets the zone's name behind it: `CNAME get.acme.example.org` leads
 * to get.acme.example.org.get.example.org. That is legal, and leads nowhere.
 */
#ifndef SITENS_DNS_TARGETS_H
#define SITENS_DNS_TARGETS_H

#include "zone.h"

/* Warns of owners and targets of zone->records[first...], which stand in the file at path, that
 * hold the zone's name twice; and of targets in the zone where nothing is, or no address where
 * clients want one. lines: the line of each of these records. Returns 0 or -ENOMEM. */
int targets_warn(const struct zone *zone, size_t first, const char *path, const unsigned *lines,
                 struct faults *faults);

#endif
