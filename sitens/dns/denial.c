/* SPDX-License-Identifier: ISC */
#include "denial.h"

#include <errno.h>

/* RFC 2308 section 3: the SOA, whose TTL is the time to remember the denial. */
static void add_soa(struct draft *d)
{
    if (version_find(d->version, d->version->zone->apex, LDNS_RR_TYPE_SOA,
                     &d->authority[d->n_authority]))
        d->n_authority++;
}

static void add_nsec(struct draft *d, const struct signed_rrset *nsec)
{
    for (size_t i = 0; i < d->n_authority; i++)
        if (d->authority[i].records == nsec->records)
            return;
    d->authority[d->n_authority++] = *nsec;
}

static void add_covering(struct draft *d, const ldns_rdf *name)
{
    add_nsec(d, &d->version->signatures->nsecs[version_find_nsec(d->version, name)]);
}

void denial_of_type(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    bool address = type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA;

    add_soa(d);
    if (!d->dnssec)
        return;
    if (address && !rrsets_compare_names(name, d->version->zone->apex))
        add_nsec(d, &d->version->addresses->exact);
    else
        add_covering(d, name);
}

/* RFC 4035 section 3.1.3.2: neither the name exists, nor a wildcard that could have made it. */
int denial_behind(struct draft *d, const ldns_rdf *closest, const ldns_rdf *from)
{
    ldns_rdf *wildcard = ldns_dname_new_frm_str("*");

    d->nxdomain = true;
    add_soa(d);
    if (!wildcard || ldns_dname_cat(wildcard, closest) != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(wildcard);
        return -ENOMEM;
    }
    add_covering(d, from);
    add_covering(d, wildcard);
    ldns_rdf_deep_free(wildcard);
    return 0;
}

int denial_of_name(struct draft *d, const ldns_rdf *name)
{
    ldns_rdf *closest;
    int r;

    if (!d->dnssec) {
        d->nxdomain = true;
        add_soa(d);
        return 0;
    }
    closest = ldns_dname_left_chop(name);
    while (closest && !rrsets_has_name(&d->version->zone->rrsets, closest)) {
        ldns_rdf *up = ldns_dname_left_chop(closest);

        ldns_rdf_deep_free(closest);
        closest = up;
    }
    r = closest ? denial_behind(d, closest, name) : -ENOMEM;
    ldns_rdf_deep_free(closest);
    return r;
}
