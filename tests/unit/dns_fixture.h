/* SPDX-License-Identifier: ISC */
/* dns_fixture: a table compiled from a site file, and queries for it. */
#ifndef SITENS_TESTS_UNIT_DNS_FIXTURE_H
#define SITENS_TESTS_UNIT_DNS_FIXTURE_H

#include "conf_file.h"

#include "dns/respond.h"

/* Compiles what the first site of a site file serves; extra is the text of its extra records, or
 * NULL. The mode of the zone is TABLE_SERVE. */
struct table *dns_table(void **state, const char *site_file, const char *extra);

/* Writes a query without EDNS; name is in presentation format, and its case is kept. Returns its
 * length. */
size_t dns_query(uint8_t *packet, const char *name, uint16_t type);

/* Appends an OPT record without options to the query. Returns the new length. */
size_t dns_add_opt(uint8_t *packet, size_t length, uint16_t payload, bool dnssec_ok);

/* Answers as respond() does, over UDP from 192.0.2.99, with no cookies and no rate limit, in a
 * buffer of exactly the size that respond() asks for. */
size_t dns_respond(const struct table *table, uint8_t *packet, size_t length);

#endif
