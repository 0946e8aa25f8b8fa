/* SPDX-License-Identifier: ISC */
#include "version.h"

#include <errno.h>
#include <stdlib.h>

#include "sign.h"

static void free_rrset(struct signed_rrset *rrset)
{
    ldns_rr_list_deep_free(rrset->records);
    ldns_rr_list_deep_free(rrset->rrsigs);
}

static void free_addresses(struct version_addresses *a)
{
    if (!a)
        return;
    free_rrset(&a->a);
    free_rrset(&a->aaaa);
    free_rrset(&a->exact);
    free(a);
}

/* Appends the addresses of one site that are in set. */
static bool add_site(struct version_addresses *a, const struct zone *zone, const struct conf *conf,
                     size_t site)
{
    const struct conf_addresses *list = &conf->sites[site].address;
    bool good = true;

    for (size_t i = 0; good && i < list->n; i++) {
        const struct address *address = &list->at[i];

        if (answer_set_has(a->set, site, address->family))
            good = zone_add_address(address->family == AF_INET ? a->a.records : a->aaaa.records,
                                    conf->name, zone->ttl, address);
    }
    return good;
}

/* RRsets without records are none. */
static void drop_empty(struct signed_rrset *rrset)
{
    if (ldns_rr_list_rr_count(rrset->records))
        return;
    ldns_rr_list_free(rrset->records);
    rrset->records = NULL;
}

static int make_addresses(const struct zone *zone, const struct conf *conf,
                          const struct conf_site *self, struct answer_set set,
                          struct version_addresses **ret)
{
    struct version_addresses *a = calloc(1, sizeof *a);
    size_t own = (size_t)(self - conf->sites);
    bool good;

    if (!a)
        return -ENOMEM;
    a->set = set;
    a->a.records = ldns_rr_list_new();
    a->aaaa.records = ldns_rr_list_new();
    good = a->a.records && a->aaaa.records && add_site(a, zone, conf, own);
    for (size_t i = 0; good && i < conf->n_sites; i++)
        good = i == own || add_site(a, zone, conf, i);
    if (!good) {
        free_addresses(a);
        return -ENOMEM;
    }
    drop_empty(&a->a);
    drop_empty(&a->aaaa);
    *ret = a;
    return 0;
}

/* New signatures need new addresses too: all are valid for the same time. */
int version_make(const struct zone *zone, const struct conf *conf, const struct conf_site *self,
                 struct answer_set set, const struct version *previous, time_t now,
                 struct version *ret)
{
    struct version made = {.zone = zone};
    bool due = zone->keys && (!previous || sign_is_due(previous, now));
    int r = 0;

    if (previous && !due)
        made.signatures = previous->signatures;
    else if (due)
        r = sign_zone(zone, now, &made.signatures);
    if (r == 0 && previous && !due && answer_set_equal(previous->addresses->set, set)) {
        made.addresses = previous->addresses;
        *ret = made;
        return 0;
    }
    if (r == 0)
        r = make_addresses(zone, conf, self, set, &made.addresses);
    if (r == 0 && zone->keys)
        r = sign_addresses(zone, made.signatures, now, made.addresses);
    if (r == 0) {
        *ret = made;
        return 0;
    }
    if (previous)
        version_discard(&made, previous);
    else
        version_done(&made);
    return r;
}

void version_replace(struct version *current, const struct version *made)
{
    if (current->addresses != made->addresses)
        free_addresses(current->addresses);
    if (current->signatures != made->signatures)
        sign_free(current->signatures, current->zone);
    *current = *made;
}

void version_discard(struct version *made, const struct version *current)
{
    if (made->addresses != current->addresses)
        free_addresses(made->addresses);
    if (made->signatures != current->signatures)
        sign_free(made->signatures, made->zone);
    *made = (struct version){0};
}

void version_done(struct version *v)
{
    free_addresses(v->addresses);
    sign_free(v->signatures, v->zone);
    *v = (struct version){0};
}

/* RRset i of one of the zone's collections, whose signatures are rrsigs[i]. */
static bool take(const struct rrsets *rrsets, const struct rrset *found, ldns_rr_list **rrsigs,
                 struct signed_rrset *ret)
{
    if (!found)
        return false;
    *ret = (struct signed_rrset){found->records, rrsigs ? rrsigs[found - rrsets->at] : NULL};
    return true;
}

static bool find_nsec(const struct version *v, const ldns_rdf *name, struct signed_rrset *ret)
{
    const struct signed_rrset *nsec;

    if (!v->signatures)
        return false;
    nsec = &v->signatures->nsecs[version_find_nsec(v, name)];
    if (rrsets_compare_names(ldns_rr_list_owner(nsec->records), name))
        return false;
    *ret = *nsec;
    return true;
}

bool version_find(const struct version *v, const ldns_rdf *name, ldns_rr_type type,
                  struct signed_rrset *ret)
{
    const struct rrsets *rrsets = &v->zone->rrsets;
    bool address = type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA;

    if (type == LDNS_RR_TYPE_NSEC)
        return find_nsec(v, name, ret);
    if (!address || rrsets_compare_names(name, v->zone->apex))
        return take(rrsets, rrsets_find(rrsets, name, type),
                    v->signatures ? v->signatures->rrsets : NULL, ret);
    *ret = type == LDNS_RR_TYPE_A ? v->addresses->a : v->addresses->aaaa;
    return ret->records;
}

bool version_find_hinfo(const struct version *v, const ldns_rdf *name, struct signed_rrset *ret)
{
    const struct rrsets *hinfos = &v->zone->hinfos;

    return take(hinfos, rrsets_find(hinfos, name, LDNS_RR_TYPE_HINFO),
                v->signatures ? v->signatures->hinfos : NULL, ret);
}

size_t version_find_nsec(const struct version *v, const ldns_rdf *name)
{
    const struct version_signatures *s = v->signatures;
    size_t low = 0, high = s->n_nsecs; /* the apex sorts before everything in the zone */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        const ldns_rdf *owner = ldns_rr_list_owner(s->nsecs[middle].records);

        if (rrsets_compare_names(owner, name) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}
