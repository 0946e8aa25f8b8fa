/* SPDX-License-Identifier: ISC */
/*
 * version: a zone as it is answered at one time.
 *
 * The zone itself never changes. Two things do, and each is made anew as a whole: the addresses at
 * the apex with all that hangs on them, whenever the answer set changes, and every other signature,
 * once a day. A new version shares with the one before it what is still good. The old one is served
 * until the answers of the new one are in place; then version_replace() frees what is not shared.
 *
 * Threads: any; one version at a time may be made of a zone, since its keys are used for that.
 */
#ifndef SITENS_DNS_VERSION_H
#define SITENS_DNS_VERSION_H

#include <time.h>

#include "zone.h"

/* An RRset with its signatures; either list may be NULL. */
struct signed_rrset {
    ldns_rr_list *records, *rrsigs;
};

/* What the answer set decides. */
struct version_addresses {
    struct answer_set set;
    struct signed_rrset a, aaaa; /* of the apex */
    struct signed_rrset exact;   /* the exact-bitmap NSEC of the apex; none if it has both families,
                                    or the zone is not signed */
};

/* All that sign makes but for that. */
struct version_signatures {
    ldns_rr_list **rrsets;      /* as zone->rrsets: the signatures of each */
    ldns_rr_list **hinfos;      /* as zone->hinfos */
    size_t n_nsecs;             /* one for each owner, in canonical order: */
    struct signed_rrset *nsecs; /* the first is the full one of the apex */
    time_t inception, expiry;   /* validity of every signature of the version */
    time_t again;               /* when to sign again */
};

struct version {
    const struct zone *zone;
    struct version_addresses *addresses;
    struct version_signatures *signatures; /* NULL: the zone is not signed */
};

/*
 * Makes a version of zone, which must outlive it, that answers with set: self's addresses first,
 * then those of the other sites in the order of conf. previous, which may be NULL, is the version
 * before it: the new one shares its addresses if set is the same, and its signatures unless
 * sign_is_due(). Returns 0; -EBADMSG when a signature could not be made or does not verify; or
 * -ENOMEM. Nothing has changed then.
 */
int version_make(const struct zone *zone, const struct conf *conf, const struct conf_site *self,
                 struct answer_set set, const struct version *previous, time_t now,
                 struct version *ret);

/* Puts made, which was made of *current, in its place. */
void version_replace(struct version *current, const struct version *made);

/* Gives up made: frees what it does not share with current. */
void version_discard(struct version *made, const struct version *current);

/* A zeroed version is allowed. */
void version_done(struct version *version);

/* The RRset of that owner, in any case of letters, and type. False: there is none. */
bool version_find(const struct version *version, const ldns_rdf *name, ldns_rr_type type,
                  struct signed_rrset *ret);

/* The HINFO made up as the answer to ANY (RFC 8482), for a name that has no HINFO and no CNAME. */
bool version_find_hinfo(const struct version *version, const ldns_rdf *name,
                        struct signed_rrset *ret);

/* The index of the NSEC of name or, where it has none, of the last owner before it. The version
 * must be signed. */
size_t version_find_nsec(const struct version *version, const ldns_rdf *name);

#endif
