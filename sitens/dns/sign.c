/* SPDX-License-Identifier: ISC */
#include "sign.h"

#include <errno.h>
#include <stdlib.h>

#include "keys.h"

/* The distinct owners of the zone's records in canonical order (RFC 4034 section 6.1). The names
 * belong to the records. */
static size_t collect_owners(const struct zone *zone, ldns_rdf **owners)
{
    ldns_rr_list *sorted = ldns_rr_list_new();
    size_t n = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++)
        ldns_rr_list_push_rr(sorted, ldns_rr_list_rr(zone->records, i));
    ldns_rr_list_sort(sorted);
    for (size_t i = 0; i < ldns_rr_list_rr_count(sorted); i++) {
        ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(sorted, i));

        if (n == 0 || ldns_dname_compare(owners[n - 1], owner))
            owners[n++] = owner;
    }
    ldns_rr_list_free(sorted);
    return n;
}

/* Appends rr to present, the records of owner, unless one of its type is there. */
static void add_type(ldns_rr_list *present, const ldns_rdf *owner, ldns_rr *rr)
{
    if (ldns_dname_compare(ldns_rr_owner(rr), owner))
        return;
    for (size_t i = 0; i < ldns_rr_list_rr_count(present); i++)
        if (ldns_rr_get_type(ldns_rr_list_rr(present, i)) == ldns_rr_get_type(rr))
            return;
    ldns_rr_list_push_rr(present, rr);
}

/* The NSEC of owner. both_addresses: it lists A and AAAA whether they are there or not. */
static ldns_rr *make_nsec(const struct zone *zone, ldns_rdf *owner, ldns_rdf *next,
                          bool both_addresses)
{
    ldns_rr_list *present = ldns_rr_list_new();
    ldns_rr *a = ldns_rr_new_frm_type(LDNS_RR_TYPE_A);
    ldns_rr *aaaa = ldns_rr_new_frm_type(LDNS_RR_TYPE_AAAA);
    ldns_rr *nsec;

    ldns_rr_set_owner(a, owner);
    ldns_rr_set_owner(aaaa, owner);
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++)
        add_type(present, owner, ldns_rr_list_rr(zone->records, i));
    if (both_addresses) {
        add_type(present, owner, a);
        add_type(present, owner, aaaa);
    }
    nsec = ldns_create_nsec(owner, next, present); /* adds NSEC and RRSIG to the bitmap itself */
    ldns_rr_set_ttl(nsec, zone->negative_ttl);     /* RFC 9077 section 3 */
    ldns_rr_list_free(present);
    ldns_rr_set_owner(a, NULL);
    ldns_rr_set_owner(aaaa, NULL);
    ldns_rr_free(a);
    ldns_rr_free(aaaa);
    return nsec;
}

static void make_nsecs(const struct zone *zone, struct zone_signatures *s)
{
    ldns_rdf **owners = calloc(ldns_rr_list_rr_count(zone->records), sizeof *owners);
    size_t n = owners ? collect_owners(zone, owners) : 0;
    bool has_both =
        zone_has(zone, zone->apex, LDNS_RR_TYPE_A) && zone_has(zone, zone->apex, LDNS_RR_TYPE_AAAA);

    for (size_t i = 0; i < n; i++) /* the apex sorts before everything below it */
        ldns_rr_list_push_rr(s->nsecs, make_nsec(zone, owners[i], owners[(i + 1) % n], i == 0));
    if (n && !has_both)
        ldns_rr_list_push_rr(s->exact, make_nsec(zone, owners[0], owners[1 % n], false));
    free(owners);
}

/* Whether there is a signature of each key, and all are good; ldns_verify_time() asks for one. */
static bool verify_set(const struct zone *zone, const ldns_rr_list *set, const ldns_rr_list *made,
                       time_t now)
{
    size_t n = ldns_rr_list_rr_count(made);
    bool good = n == ldns_key_list_key_count(zone->keys->signing);

    for (size_t i = 0; good && i < n; i++)
        good = ldns_verify_rrsig_keylist_time(set, ldns_rr_list_rr(made, i), zone->keys->published,
                                              now, NULL) == LDNS_STATUS_OK;
    return good;
}

/* Appends the signatures of one set to rrsigs, verified as a resolver would. */
static bool sign_set(const struct zone *zone, ldns_rr_list *set, time_t now, ldns_rr_list *rrsigs)
{
    ldns_rr_list *made = ldns_sign_public(set, zone->keys->signing);
    bool good = verify_set(zone, set, made, now);

    if (good)
        ldns_rr_list_push_rr_list(rrsigs, made);
    if (good)
        ldns_rr_list_free(made);
    else
        ldns_rr_list_deep_free(made);
    return good;
}

/* Signs every set of list, in which the records of a set need not stand together. */
static bool sign_list(const struct zone *zone, const ldns_rr_list *list, time_t now,
                      ldns_rr_list *rrsigs)
{
    bool good = true;

    for (size_t i = 0; good && i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *first = ldns_rr_list_rr(list, i);
        ldns_rr_list *set = ldns_rr_list_new();

        zone_select(list, ldns_rr_owner(first), ldns_rr_get_type(first), set);
        if (ldns_rr_list_rr(set, 0) == first) /* else it was signed with the first of its set */
            good = sign_set(zone, set, now, rrsigs);
        ldns_rr_list_free(set);
    }
    return good;
}

static void set_validity(ldns_key_list *keys, const struct zone_signatures *s)
{
    for (size_t i = 0; i < ldns_key_list_key_count(keys); i++) {
        ldns_key_set_inception(ldns_key_list_key(keys, i), (uint32_t)s->inception);
        ldns_key_set_expiration(ldns_key_list_key(keys, i), (uint32_t)s->expiry);
    }
}

static bool make(const struct zone *zone, time_t now, struct zone_signatures *s)
{
    ldns_rr_list *exact_rrsigs = ldns_rr_list_new();
    bool good;

    set_validity(zone->keys->signing, s);
    make_nsecs(zone, s);
    good = ldns_rr_list_rr_count(s->nsecs) > 0 && sign_list(zone, zone->records, now, s->rrsigs) &&
           sign_list(zone, zone->hinfos, now, s->rrsigs) &&
           sign_list(zone, s->nsecs, now, s->rrsigs) &&
           sign_list(zone, s->exact, now, exact_rrsigs);
    ldns_rr_list_push_rr_list(s->exact, exact_rrsigs);
    ldns_rr_list_free(exact_rrsigs);
    return good;
}

static void release(struct zone_signatures *s)
{
    ldns_rr_list_deep_free(s->nsecs);
    ldns_rr_list_deep_free(s->exact);
    ldns_rr_list_deep_free(s->rrsigs);
}

int sign_zone(struct zone *zone, time_t now)
{
    struct zone_signatures made = {.inception = now - SIGN_INCEPTION_S,
                                   .expiry = now + SIGN_EXPIRY_S,
                                   .again = now + SIGN_AGAIN_S - SIGN_AGAIN_JITTER_S +
                                            (time_t)arc4random_uniform(2 * SIGN_AGAIN_JITTER_S)};

    if (!zone->keys)
        return 0;
    made.nsecs = ldns_rr_list_new();
    made.exact = ldns_rr_list_new();
    made.rrsigs = ldns_rr_list_new();
    if (!make(zone, now, &made)) {
        release(&made);
        zone->signatures.again = now + SIGN_RETRY_S;
        return -EBADMSG;
    }
    release(&zone->signatures);
    zone->signatures = made;
    return 0;
}

void sign_discard(struct zone *zone, time_t now)
{
    if (!zone->signatures.rrsigs || zone->signatures.inception != now - SIGN_INCEPTION_S)
        return;
    release(&zone->signatures);
    zone->signatures = (struct zone_signatures){.again = now + SIGN_RETRY_S};
}

bool sign_is_due(const struct zone *zone, time_t now)
{
    const struct zone_signatures *s = &zone->signatures;
    bool waiting = s->again <= now + SIGN_RETRY_S; /* after a failure */

    return zone->keys && (now >= s->again || ((now < s->inception || !s->rrsigs) && !waiting));
}

bool sign_is_valid(const struct zone *zone, time_t now, const char **ret_why)
{
    const struct zone_signatures *s = &zone->signatures;

    *ret_why = NULL;
    if (!zone->keys)
        return true;
    if (now + SIGN_CLOCK_SLACK_S < zone->keys->newest)
        *ret_why =
            "the clock is older than the key file: set it right, or touch the file and reload";
    else if (!s->rrsigs)
        *ret_why = "signing failed";
    else if (now < s->inception)
        *ret_why = "the signatures are not valid yet: the clock went back";
    else if (now > s->expiry - SIGN_MARGIN_S)
        *ret_why = "the signatures have expired";
    return !*ret_why;
}

time_t sign_expiry(const struct zone *zone)
{
    return zone->signatures.expiry;
}
