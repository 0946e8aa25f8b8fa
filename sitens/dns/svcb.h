/* SPDX-License-Identifier: ISC */
/*
 * svcb: the parameters of SVCB and HTTPS records (RFC 9460).
 *
 * ldns 1.8.3 takes parameters without their value and twice, ports above 65535, and has one level
 * of escapes less in alpn. So they are read here.
 */
#ifndef SITENS_DNS_SVCB_H
#define SITENS_DNS_SVCB_H

#include "rdata.h"

/* Reads all words that are left as key or key=value, and appends them as one field. */
bool svcb_read_params(struct rdata *in);

/* What is wrong with a record of type SVCB or HTTPS, or NULL. */
const char *svcb_objection(const ldns_rr *record);

#endif
