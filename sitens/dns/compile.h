/* SPDX-License-Identifier: ISC */
/*
 * compile: zones as ldns objects in, the table of finished answers out.
 *
 * Which answer a name and type get is decided here, once a load, and nowhere else. ldns writes
 * every answer as a whole message, question included, so that its compression pointers fit.
 */
#ifndef SITENS_DNS_COMPILE_H
#define SITENS_DNS_COMPILE_H

#include "table.h"
#include "version.h"

/*
 * Compiles the answers of n versions; their order is that of table->zones. Every zone begins in
 * TABLE_SILENT. site_id names this site in all of them: see table_set_id(). Returns 0 and a table
 * for table_free(), -EMSGSIZE when an answer does not fit a DNS message, or -ENOMEM.
 */
int compile_table(const struct version *const *versions, size_t n, const char *site_id,
                  struct table **ret);

#endif
