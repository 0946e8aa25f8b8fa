/* SPDX-License-Identifier: ISC */
#include "denial.h"

void draft_init(struct draft *d, const struct zone *zone, bool dnssec)
{
    *d = (struct draft){.zone = zone,
                        .dnssec = dnssec,
                        .answer = ldns_rr_list_new(),
                        .authority = ldns_rr_list_new()};
}

void draft_done(struct draft *d)
{
    ldns_rr_list_free(d->answer);
    ldns_rr_list_free(d->authority);
}

/* Appends the signatures of the set of rr. */
static void add_rrsigs(const struct draft *d, const ldns_rr *rr, ldns_rr_list *section)
{
    const struct zone_signatures *s = &d->zone->signatures;
    bool exact = d->exact && ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC;
    const ldns_rr_list *rrsigs = exact ? s->exact : s->rrsigs;

    for (size_t i = 0; i < ldns_rr_list_rr_count(rrsigs); i++) {
        ldns_rr *rrsig = ldns_rr_list_rr(rrsigs, i);

        if (ldns_rr_get_type(rrsig) == LDNS_RR_TYPE_RRSIG &&
            ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rrsig)) == ldns_rr_get_type(rr) &&
            !ldns_dname_compare(ldns_rr_owner(rrsig), ldns_rr_owner(rr)))
            ldns_rr_list_push_rr(section, rrsig);
    }
}

/* The records of a set stand together in a section. */
static void sign_section(const struct draft *d, ldns_rr_list *section)
{
    size_t n = ldns_rr_list_rr_count(section);

    for (size_t i = 0; i < n; i++) {
        const ldns_rr *rr = ldns_rr_list_rr(section, i);
        const ldns_rr *before = i > 0 ? ldns_rr_list_rr(section, i - 1) : NULL;
        bool same_set = before && ldns_rr_get_type(before) == ldns_rr_get_type(rr) &&
                        !ldns_dname_compare(ldns_rr_owner(before), ldns_rr_owner(rr));

        if (!same_set && ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG)
            add_rrsigs(d, rr, section);
    }
}

void draft_sign(struct draft *d)
{
    if (!d->dnssec || !d->zone->signatures.rrsigs)
        return;
    sign_section(d, d->answer);
    sign_section(d, d->authority);
}

bool denial_name_exists(const struct zone *zone, const ldns_rdf *name)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(zone->records, i));

        if (!ldns_dname_compare(owner, name) || ldns_dname_is_subdomain(owner, name))
            return true;
    }
    return false;
}

/* RFC 2308 section 3: the SOA, whose TTL is the time to remember the denial. */
static void add_soa(struct draft *d)
{
    zone_rrset(d->zone, d->zone->apex, LDNS_RR_TYPE_SOA, d->authority);
}

/* The NSEC of name or, where it has none, of the last owner before it. */
static ldns_rr *covering(const struct zone *zone, const ldns_rdf *name)
{
    const ldns_rr_list *nsecs = zone->signatures.nsecs;
    ldns_rr *last = ldns_rr_list_rr(nsecs, 0);

    for (size_t i = 0; i < ldns_rr_list_rr_count(nsecs); i++)
        if (ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(nsecs, i)), name) <= 0)
            last = ldns_rr_list_rr(nsecs, i);
    return last;
}

static void add_nsec(struct draft *d, ldns_rr *nsec)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(d->authority); i++)
        if (ldns_rr_list_rr(d->authority, i) == nsec)
            return;
    ldns_rr_list_push_rr(d->authority, nsec);
}

void denial_of_type(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    const struct zone_signatures *s = &d->zone->signatures;
    bool own_address = (type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA) &&
                       !ldns_dname_compare(name, d->zone->apex);

    add_soa(d);
    if (!d->dnssec || !s->nsecs)
        return;
    d->exact = own_address;
    add_nsec(d, own_address ? ldns_rr_list_rr(s->exact, 0) : covering(d->zone, name));
}

/* RFC 4035 section 3.1.3.2: neither the name exists, nor a wildcard that could have made it. */
void denial_behind(struct draft *d, const ldns_rdf *closest, const ldns_rdf *from)
{
    ldns_rdf *wildcard = ldns_dname_new_frm_str("*");

    d->nxdomain = true;
    add_soa(d);
    ldns_dname_cat(wildcard, closest);
    add_nsec(d, covering(d->zone, from));
    add_nsec(d, covering(d->zone, wildcard));
    ldns_rdf_deep_free(wildcard);
}

void denial_of_name(struct draft *d, const ldns_rdf *name)
{
    ldns_rdf *closest;

    if (!d->dnssec || !d->zone->signatures.nsecs) {
        d->nxdomain = true;
        add_soa(d);
        return;
    }
    closest = ldns_dname_left_chop(name);
    while (!denial_name_exists(d->zone, closest)) {
        ldns_rdf *up = ldns_dname_left_chop(closest);

        ldns_rdf_deep_free(closest);
        closest = up;
    }
    denial_behind(d, closest, name);
    ldns_rdf_deep_free(closest);
}
