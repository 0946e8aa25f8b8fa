/* SPDX-License-Identifier: ISC */
/*
 * dnskeys: the zone's public keys, as the site file names them, and the DS records made from them.
 *
 * The private key stays on the sites: of a `dnssec-key` only the `.key` file beside it is read.
 */
#ifndef PARENTGEN_DNSKEYS_H
#define PARENTGEN_DNSKEYS_H

#include <ldns/ldns.h>

#include "delegation.h"

/*
 * Reads the DNSKEY records of conf: those that sign, then those that are only published. Returns 0
 * and a list that the caller frees with ldns_rr_list_deep_free(), empty if the site file has no
 * keys; FAULTS_REPORTED; or -ENOMEM.
 */
int dnskeys_load(const struct conf *conf, struct faults *faults, ldns_rr_list **ret);

/* Makes a DS with SHA-256 of each key, DS_MAX at most. ret_ds has room for DS_MAX. Returns how
 * many.
 */
size_t dnskeys_make_ds(const ldns_rr_list *keys, struct ds *ret_ds);

#endif
