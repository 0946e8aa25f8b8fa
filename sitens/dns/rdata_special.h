/* SPDX-License-Identifier: ISC */
/*
 * rdata_special: fields that have a grammar of their own, and that ldns reads wrongly.
 *
 * It leaves relative names in IPSECKEY relative, lets the minutes of LOC's latitude
 * count for its longitude, takes an unknown service of WKS for port 0, cuts a prefix of 260 in APL
 * to 4, and has no format octet in ATMA. Each function reads the words from in->at on and appends
 * one field; false: in->why is set.
 */
#ifndef SITENS_DNS_RDATA_SPECIAL_H
#define SITENS_DNS_RDATA_SPECIAL_H

#include "rdata.h"

bool rdata_read_loc(struct rdata *in);      /* RFC 1876 section 3 */
bool rdata_read_wks(struct rdata *in);      /* RFC 1035 section 3.4.2: protocol and ports */
bool rdata_read_ipseckey(struct rdata *in); /* RFC 4025 section 3.1 */
bool rdata_read_hip(struct rdata *in);      /* RFC 8005 section 6, without the servers */
bool rdata_read_apl(struct rdata *in);      /* RFC 3123 section 5, one item */
bool rdata_read_types(struct rdata *in);    /* RFC 4034 section 4.2: a list of types */
bool rdata_read_nsap(struct rdata *in);     /* RFC 1706 section 7 */
bool rdata_read_atma(struct rdata *in);     /* AF-SAA-0069.000 section 5 */

#endif
