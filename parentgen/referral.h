/* SPDX-License-Identifier: ISC */
/*
 * referral: how many octets the parent's answer takes that sends a resolver to the sites.
 */
#ifndef PARENTGEN_REFERRAL_H
#define PARENTGEN_REFERRAL_H

#include "delegation.h"

/*
 * The size in octets of the referral to the first n_sites sites: question, NS records, with a DS
 * also its signature, every address in the parent zone, OPT. The parent zone's signature is taken
 * to be of 64 octets (ECDSA P-256); RSA takes 192 more. Returns 0 if it could not be computed.
 */
size_t referral_size(const struct delegation *delegation, size_t n_sites);

/* How many of the sites fit into a referral of at most limit octets. */
size_t referral_fits(const struct delegation *delegation, size_t limit);

#endif
