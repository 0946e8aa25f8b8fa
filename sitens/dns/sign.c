/* SPDX-License-Identifier: ISC */
#include "sign.h"

#include <errno.h>
#include <sodium/randombytes.h>
#include <stdlib.h>

#include "keys.h"

/* The types that an NSEC lists. */
struct types {
    ldns_rr_type *at;
    size_t n;
};

/* Appends data, NULL if there was no memory for it, to the record, which owns it then. */
static bool push(ldns_rr *rr, ldns_rdf *data)
{
    if (data && ldns_rr_push_rdf(rr, data))
        return true;
    ldns_rdf_deep_free(data);
    return false;
}

/* The NSEC of owner; next is the owner that follows. Returns NULL without memory. (Not by
 * ldns_create_nsec(), which takes memory for granted, and 256 KiB of it on the stack.) */
static ldns_rr *make_nsec(const struct zone *zone, const ldns_rdf *owner, const ldns_rdf *next,
                          const struct types *types)
{
    ldns_rr *nsec = ldns_rr_new();

    if (!nsec)
        return NULL;
    ldns_rr_set_type(nsec, LDNS_RR_TYPE_NSEC);
    ldns_rr_set_ttl(nsec, zone->negative_ttl); /* RFC 9077 section 3 */
    ldns_rr_set_owner(nsec, ldns_rdf_clone(owner));
    if (ldns_rr_owner(nsec) && push(nsec, ldns_rdf_clone(next)) &&
        push(nsec, ldns_dnssec_create_nsec_bitmap(types->at, types->n, LDNS_RR_TYPE_NSEC)))
        return nsec;
    ldns_rr_free(nsec);
    return NULL;
}

/* The NSEC of the owner whose RRsets begin at first. a, aaaa: it lists these too. */
static int nsec_of(const struct zone *zone, size_t first, bool a, bool aaaa,
                   struct signed_rrset *ret)
{
    const struct rrsets *all = &zone->rrsets;
    size_t end = rrsets_end_of_owner(all, first);
    struct types types = {calloc(end - first + 4, sizeof *types.at), 0};
    ldns_rr_list *list = ldns_rr_list_new();
    ldns_rr *nsec = NULL;

    for (size_t i = first; types.at && i < end; i++)
        types.at[types.n++] = all->at[i].type;
    if (types.at) {
        types.at[types.n++] = LDNS_RR_TYPE_RRSIG;
        types.at[types.n++] = LDNS_RR_TYPE_NSEC;
    }
    if (types.at && a)
        types.at[types.n++] = LDNS_RR_TYPE_A;
    if (types.at && aaaa)
        types.at[types.n++] = LDNS_RR_TYPE_AAAA;
    if (types.at && list)
        nsec = make_nsec(zone, all->at[first].owner, all->at[end % all->n].owner, &types);
    free(types.at);
    if (!nsec || !ldns_rr_list_push_rr(list, nsec)) {
        ldns_rr_free(nsec);
        ldns_rr_list_free(list);
        return -ENOMEM;
    }
    ret->records = list;
    return 0;
}

/* The apex, which has an SOA, sorts before everything below it. */
static int make_nsecs(const struct zone *zone, struct version_signatures *s)
{
    const struct rrsets *all = &zone->rrsets;
    int r = 0;

    for (size_t i = 0; r == 0 && i < all->n; i = rrsets_end_of_owner(all, i)) {
        r = nsec_of(zone, i, i == 0, i == 0, &s->nsecs[s->n_nsecs]);
        if (r == 0)
            s->n_nsecs++;
    }
    return r;
}

/* Whether there is a signature of each key, and all are good; ldns_verify_time() asks for one. */
static bool verify_rrset(const struct zone *zone, const ldns_rr_list *rrset,
                         const ldns_rr_list *made, time_t now)
{
    size_t n = ldns_rr_list_rr_count(made);
    bool good = n == ldns_key_list_key_count(zone->keys->signing);

    for (size_t i = 0; good && i < n; i++)
        good = ldns_verify_rrsig_keylist_time(rrset, ldns_rr_list_rr(made, i),
                                              zone->keys->published, now, NULL) == LDNS_STATUS_OK;
    return good;
}

/* Makes the signatures of one RRset, verified as a resolver would. */
static int sign_rrset(const struct zone *zone, ldns_rr_list *rrset, time_t now, ldns_rr_list **ret)
{
    ldns_rr_list *made = ldns_sign_public(rrset, zone->keys->signing);

    if (!verify_rrset(zone, rrset, made, now)) {
        ldns_rr_list_deep_free(made);
        return -EBADMSG;
    }
    *ret = made;
    return 0;
}

static int sign_rrsets(const struct zone *zone, const struct rrsets *rrsets, time_t now,
                       ldns_rr_list **rrsigs)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < rrsets->n; i++)
        r = sign_rrset(zone, rrsets->at[i].records, now, &rrsigs[i]);
    return r;
}

/* The times stand in the keys, where ldns takes them from. */
static void set_validity(ldns_key_list *keys, const struct version_signatures *s)
{
    for (size_t i = 0; i < ldns_key_list_key_count(keys); i++) {
        ldns_key_set_inception(ldns_key_list_key(keys, i), (uint32_t)s->inception);
        ldns_key_set_expiration(ldns_key_list_key(keys, i), (uint32_t)s->expiry);
    }
}

static int fill(const struct zone *zone, time_t now, struct version_signatures *s)
{
    int r;

    s->rrsets = calloc(zone->rrsets.n + 1, sizeof(ldns_rr_list *));
    s->hinfos = calloc(zone->hinfos.n + 1, sizeof(ldns_rr_list *));
    s->nsecs = calloc(zone->rrsets.n + 1, sizeof *s->nsecs);
    if (!s->rrsets || !s->hinfos || !s->nsecs)
        return -ENOMEM;
    set_validity(zone->keys->signing, s);
    r = make_nsecs(zone, s);
    if (r == 0)
        r = sign_rrsets(zone, &zone->rrsets, now, s->rrsets);
    if (r == 0)
        r = sign_rrsets(zone, &zone->hinfos, now, s->hinfos);
    for (size_t i = 0; r == 0 && i < s->n_nsecs; i++)
        r = sign_rrset(zone, s->nsecs[i].records, now, &s->nsecs[i].rrsigs);
    return r;
}

int sign_zone(const struct zone *zone, time_t now, struct version_signatures **ret)
{
    struct version_signatures *s = calloc(1, sizeof *s);
    int r;

    if (!s)
        return -ENOMEM;
    s->inception = now - SIGN_INCEPTION_S;
    s->expiry = now + SIGN_EXPIRY_S;
    s->again = now + SIGN_AGAIN_S - SIGN_AGAIN_JITTER_S +
               (time_t)randombytes_uniform(2 * SIGN_AGAIN_JITTER_S);
    r = fill(zone, now, s);
    if (r < 0)
        sign_free(s, zone);
    else
        *ret = s;
    return r;
}

int sign_addresses(const struct zone *zone, const struct version_signatures *signatures, time_t now,
                   struct version_addresses *addresses)
{
    struct signed_rrset *const all[] = {&addresses->a, &addresses->aaaa, &addresses->exact};
    bool a = addresses->a.records, aaaa = addresses->aaaa.records;
    int r = 0;

    set_validity(zone->keys->signing, signatures);
    if (!a || !aaaa)
        r = nsec_of(zone, 0, a, aaaa, &addresses->exact);
    for (size_t i = 0; r == 0 && i < sizeof all / sizeof *all; i++)
        if (all[i]->records)
            r = sign_rrset(zone, all[i]->records, now, &all[i]->rrsigs);
    return r;
}

void sign_free(struct version_signatures *s, const struct zone *zone)
{
    if (!s)
        return;
    for (size_t i = 0; s->rrsets && i < zone->rrsets.n; i++)
        ldns_rr_list_deep_free(s->rrsets[i]);
    for (size_t i = 0; s->hinfos && i < zone->hinfos.n; i++)
        ldns_rr_list_deep_free(s->hinfos[i]);
    for (size_t i = 0; i < s->n_nsecs; i++) {
        ldns_rr_list_deep_free(s->nsecs[i].records);
        ldns_rr_list_deep_free(s->nsecs[i].rrsigs);
    }
    free(s->rrsets);
    free(s->hinfos);
    free(s->nsecs);
    free(s);
}

bool sign_is_due(const struct version *version, time_t now)
{
    const struct version_signatures *s = version->signatures;

    if (!s)
        return false;
    /* Set back, the clock is before the inception, or further from the time than that ever is;
     * after a failure that waits for its time too. */
    return now >= s->again || (now < s->inception && s->again > now + SIGN_RETRY_S) ||
           s->again > now + SIGN_AGAIN_S + SIGN_AGAIN_JITTER_S + SIGN_INCEPTION_S;
}

void sign_put_off(const struct version *version, time_t now)
{
    if (version->signatures)
        version->signatures->again = now + SIGN_RETRY_S;
}

bool sign_is_valid(const struct version *version, time_t now, const char **ret_why)
{
    const struct version_signatures *s = version->signatures;

    *ret_why = NULL;
    if (!s)
        return true;
    if (now + SIGN_CLOCK_SLACK_S < version->zone->keys->newest)
        *ret_why =
            "the clock is older than the key file: set it right, or touch the file and reload";
    else if (now < s->inception)
        *ret_why = "the signatures are not valid yet: the clock went back";
    else if (now > s->expiry - SIGN_MARGIN_S)
        *ret_why = "the signatures have expired";
    return !*ret_why;
}

time_t sign_expiry(const struct version *version)
{
    return version->signatures ? version->signatures->expiry : 0;
}
