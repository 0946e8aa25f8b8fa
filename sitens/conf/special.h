/* SPDX-License-Identifier: ISC */
/*
 * special: what the special-purpose registries of IANA say about addresses and names.
 *
 * One question is asked of each entry: could a site that uses it ever be reached, be it in a lab?
 * If not, the site file is wrong; if so, it is worth a word.
 */
#ifndef SITENS_CONF_SPECIAL_H
#define SITENS_CONF_SPECIAL_H

#include "address.h"

enum special_kind {
    SPECIAL_NONE,          /* nothing to say */
    SPECIAL_DOCUMENTATION, /* out of a manual */
    SPECIAL_PRIVATE,       /* means something else in each network */
    SPECIAL_RESERVED,      /* set aside, for one protocol or for later */
    SPECIAL_NEVER,         /* reaches no site, wherever it is used */
};

struct special {
    const char *entry; /* an address, the prefix; or a name that stands for all below it, too */
    unsigned bits;     /* of the prefix */
    enum special_kind kind;
    const char *what; /* completes "ENTRY is", NULL for SPECIAL_NONE */
};

/* The most specific entry that address belongs to, never NULL. Sources: the registries of IPv4
 * (RFC 6890) and IPv6 special-purpose addresses, IPv6 address space (RFC 4291), multicast. */
const struct special *special_address(const struct address *address);

/* The entry that name, lower case without a final dot, belongs to; NULL: none. Source: the registry
 * of special-use domain names (RFC 6761). */
const struct special *special_name(const char *name);

#endif
