/* SPDX-License-Identifier: ISC */
/*
 * lint: what is unwise about a delegation, as far as the site file alone can tell.
 *
 * Faults that make a site file unusable are conf_load()'s. Each finding has a stable tag, described
 * in parentgen(1).
 */
#ifndef PARENTGEN_LINT_H
#define PARENTGEN_LINT_H

#include <ldns/ldns.h>

#include "delegation.h"
#include "format/format.h"
#include "report.h"

/* Adds to report what it finds. records are those of the zone that the sites will serve; format is
 * the one that will be printed. */
void lint(const struct delegation *delegation, const ldns_rr_list *records,
          const struct format *format, struct report *report);

/* The part of lint() about the addresses of all sites together: networks, families. */
void lint_addresses(const struct conf *conf, struct report *report);

#endif
