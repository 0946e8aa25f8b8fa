/* SPDX-License-Identifier: ISC */
#include "targets.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "conf/fault.h"
#include "table.h"

struct targets {
    const struct zone *zone;
    const ldns_rr **sorted; /* all records, by owner */
    size_t n;
    const char *path;
    struct faults *faults;
};

static int compare_names(const ldns_rdf *a, const ldns_rdf *b)
{
    return table_compare_names(ldns_rdf_data(a), ldns_rdf_data(b));
}

static int compare_owners(const void *a, const void *b)
{
    return compare_names(ldns_rr_owner(*(const ldns_rr *const *)a),
                         ldns_rr_owner(*(const ldns_rr *const *)b));
}

static int compare_owner(const void *name, const void *record)
{
    return compare_names(name, ldns_rr_owner(*(const ldns_rr *const *)record));
}

/* Any of name's records, or NULL. */
static const ldns_rr **find(const struct targets *t, const ldns_rdf *name)
{
    return bsearch(name, t->sorted, t->n, sizeof *t->sorted, compare_owner);
}

static bool has_address(const struct targets *t, const ldns_rr **found)
{
    const ldns_rr **rr = found;

    while (rr > t->sorted && compare_owners(rr - 1, found) == 0)
        rr--;
    for (; rr < t->sorted + t->n && compare_owners(rr, found) == 0; rr++)
        if (ldns_rr_get_type(*rr) == LDNS_RR_TYPE_A || ldns_rr_get_type(*rr) == LDNS_RR_TYPE_AAAA)
            return true;
    return false;
}

static bool is_same_label(const ldns_rdf *a, int i, const ldns_rdf *b, int k)
{
    ldns_rdf *one = ldns_dname_label(a, (uint8_t)i), *two = ldns_dname_label(b, (uint8_t)k);
    bool same = one && two && ldns_dname_compare(one, two) == 0;

    ldns_rdf_deep_free(one);
    ldns_rdf_deep_free(two);
    return same;
}

/* Whether name lies in the zone, and what stands before the zone's name ends as that ends, in two
 * labels at least: x.example.org.get.example.org. */
static bool is_doubled(const struct targets *t, const ldns_rdf *name)
{
    const ldns_rdf *apex = t->zone->apex;
    int zone_labels = ldns_dname_label_count(apex);
    int labels = ldns_dname_label_count(name) - zone_labels;

    return labels >= 2 && zone_labels >= 2 && ldns_dname_is_subdomain(name, apex) &&
           is_same_label(name, labels - 1, apex, zone_labels - 1) &&
           is_same_label(name, labels - 2, apex, zone_labels - 2);
}

static bool is_address(const ldns_rdf *name)
{
    int labels = ldns_dname_label_count(name);
    ldns_rdf *last = labels ? ldns_dname_label(name, (uint8_t)(labels - 1)) : NULL;
    bool digits = last != NULL;

    for (size_t i = 0; last && i < *ldns_rdf_data(last); i++)
        digits = digits && isdigit(ldns_rdf_data(last)[1 + i]);
    ldns_rdf_deep_free(last);
    return digits;
}

static void warn(const struct targets *t, unsigned line, const ldns_rr *rr, const ldns_rdf *target,
                 const char *why)
{
    char *owner = ldns_rdf2str(ldns_rr_owner(rr)), *to = ldns_rdf2str(target);
    char *type = ldns_rr_type2str(ldns_rr_get_type(rr));

    if (owner && to && type)
        fault_warn(t->faults, t->path, line, "%s %s leads to %s, %s", owner, type, to, why);
    free(owner);
    free(to);
    free(type);
}

/* Whether the names in the data of that type are looked up, and what is looked up there. */
static bool is_followed(ldns_rr_type type, bool *ret_address)
{
    switch (type) {
    case LDNS_RR_TYPE_MX:
    case LDNS_RR_TYPE_SRV:
    case LDNS_RR_TYPE_KX:
    case LDNS_RR_TYPE_AFSDB:
    case LDNS_RR_TYPE_RT:
    case LDNS_RR_TYPE_HTTPS:
    case LDNS_RR_TYPE_SVCB:
        *ret_address = true;
        return true;
    case LDNS_RR_TYPE_CNAME:
    case LDNS_RR_TYPE_PTR:
    case LDNS_RR_TYPE_NAPTR:
    case LDNS_RR_TYPE_LP:
        *ret_address = false;
        return true;
    default:
        return false;
    }
}

static bool is_alias_of_itself(const ldns_rr *rr, const ldns_rdf *target)
{
    ldns_rr_type type = ldns_rr_get_type(rr);

    return (type == LDNS_RR_TYPE_HTTPS || type == LDNS_RR_TYPE_SVCB) &&
           ldns_rdf2native_int16(ldns_rr_rdf(rr, 0)) == 0 &&
           !ldns_dname_compare(target, ldns_rr_owner(rr));
}

static void check_target(const struct targets *t, unsigned line, const ldns_rr *rr,
                         const ldns_rdf *target)
{
    const ldns_rdf *apex = t->zone->apex;
    bool in_zone = !ldns_dname_compare(target, apex) || ldns_dname_is_subdomain(target, apex);
    bool address = false, followed = is_followed(ldns_rr_get_type(rr), &address);
    const ldns_rr **found = in_zone ? find(t, target) : NULL;

    if (is_alias_of_itself(rr, target))
        warn(t, line, rr, target, "which is itself: nobody gets further (RFC 9460 section 2.4.2)");
    else if (is_doubled(t, target))
        warn(t, line, rr, target, "which holds the zone's name twice (final dot missing?)");
    else if (in_zone && followed && !found)
        warn(t, line, rr, target, "where no record is (final dot missing?)");
    else if (in_zone && address && compare_names(target, apex) && !has_address(t, found))
        warn(t, line, rr, target, "which has no A or AAAA record itself, as it must");
    else if (address && is_address(target))
        warn(t, line, rr, target, "which looks like an address: a name must stand there");
}

static void check(const struct targets *t, unsigned line, const ldns_rr *rr)
{
    if (is_doubled(t, ldns_rr_owner(rr))) {
        char *owner = ldns_rdf2str(ldns_rr_owner(rr));

        fault_warn(t->faults, t->path, line, "%s holds the zone's name twice (final dot missing?)",
                   owner ? owner : "the owner");
        free(owner);
    }
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        if (ldns_rdf_get_type(ldns_rr_rdf(rr, i)) == LDNS_RDF_TYPE_DNAME)
            check_target(t, line, rr, ldns_rr_rdf(rr, i));
}

int targets_warn(const struct zone *zone, size_t first, const char *path, const unsigned *lines,
                 struct faults *faults)
{
    struct targets t = {.zone = zone, .path = path, .faults = faults};

    t.n = ldns_rr_list_rr_count(zone->records);
    t.sorted = reallocarray(NULL, t.n + 1, sizeof *t.sorted);
    if (!t.sorted)
        return -ENOMEM;
    for (size_t i = 0; i < t.n; i++)
        t.sorted[i] = ldns_rr_list_rr(zone->records, i);
    qsort(t.sorted, t.n, sizeof *t.sorted, compare_owners);
    for (size_t i = first; i < t.n; i++)
        check(&t, lines[i - first], ldns_rr_list_rr(zone->records, i));
    free(t.sorted);
    return 0;
}
