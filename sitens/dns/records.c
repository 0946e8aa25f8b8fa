/* SPDX-License-Identifier: ISC */
#include "records.h"

#include <errno.h>
#include <search.h>
#include <string.h>

#include "conf/fault.h"
#include "conf/input.h"
#include "table.h"

struct reader {
    struct zone *zone;
    void *owners, *rrsets, *records; /* trees of what is known: the first record of each owner, the
                                        first of each RRset, and every one */
    const char *path;
    int line; /* of the end of the record read last */
    struct faults *faults;
    bool out_of_memory;
};

/* Why no extra record may have this type, or NULL. */
static const char *type_objection(ldns_rr_type type, bool apex)
{
    switch (type) {
    case LDNS_RR_TYPE_SOA:
    case LDNS_RR_TYPE_DNSKEY:
    case LDNS_RR_TYPE_CDS:
    case LDNS_RR_TYPE_CDNSKEY:
    case LDNS_RR_TYPE_NSEC:
    case LDNS_RR_TYPE_NSEC3:
    case LDNS_RR_TYPE_NSEC3PARAM:
    case LDNS_RR_TYPE_RRSIG:
        return "is made from the site file; take it out";
    case LDNS_RR_TYPE_NS:
        return apex ? "comes from the [site] sections; take it out"
                    : "would delegate a part of the zone, which sites cannot do";
    case LDNS_RR_TYPE_DS:
        return "belongs to a delegation, and nothing can be delegated from here";
    case LDNS_RR_TYPE_DNAME:
        return "would redirect a whole subtree; write a CNAME for each name";
    case LDNS_RR_TYPE_A:
    case LDNS_RR_TYPE_AAAA:
        return apex ? "comes from `address` in the [site] sections; take it out" : NULL;
    case LDNS_RR_TYPE_CNAME:
        return apex ? "cannot stand at the zone's own name, which has an SOA and NS records" : NULL;
    default:
        return NULL;
    }
}

static int compare_owners(const void *a, const void *b)
{
    return table_compare_names(ldns_rdf_data(ldns_rr_owner(a)), ldns_rdf_data(ldns_rr_owner(b)));
}

static int compare_rrsets(const void *a, const void *b)
{
    int order = compare_owners(a, b);

    return order ? order : (int)ldns_rr_get_type(a) - (int)ldns_rr_get_type(b);
}

static int compare_records(const void *a, const void *b)
{
    int order = compare_rrsets(a, b);

    return order ? order : ldns_rr_compare(a, b);
}

/* What a tree has like record, or NULL. */
static const ldns_rr *find(void *const *tree, const ldns_rr *record,
                           int (*compare)(const void *a, const void *b))
{
    const ldns_rr *const *found = tfind(record, tree, compare);

    return found ? *found : NULL;
}

/* Why record cannot stand beside those known, or NULL. */
static const char *conflict(const struct reader *r, const ldns_rr *record)
{
    const ldns_rr *neighbour = find(&r->owners, record, compare_owners);
    const ldns_rr *first = find(&r->rrsets, record, compare_rrsets);
    bool alias = ldns_rr_get_type(record) == LDNS_RR_TYPE_CNAME;

    if (!neighbour)
        return NULL;
    if (find(&r->records, record, compare_records))
        return "stands there twice";
    if (alias != (ldns_rr_get_type(neighbour) == LDNS_RR_TYPE_CNAME))
        return "cannot stand beside a CNAME of the same name";
    if (alias)
        return "is a second CNAME of the same name";
    if (first && ldns_rr_ttl(record) != ldns_rr_ttl(first))
        return "has another TTL than the record of the same name and type before it";
    return NULL;
}

/* A tree keeps the first of those that compare alike. */
static void remember(struct reader *r, const ldns_rr *record)
{
    if (!tsearch(record, &r->owners, compare_owners) ||
        !tsearch(record, &r->rrsets, compare_rrsets) ||
        !tsearch(record, &r->records, compare_records))
        r->out_of_memory = true;
}

static void keep(void *record)
{
    (void)record; /* it is the zone's */
}

static void forget_all(struct reader *r)
{
    tdestroy(r->owners, keep);
    tdestroy(r->rrsets, keep);
    tdestroy(r->records, keep);
}

/* RFC 6895 section 3.1: types that one asks for, or that say something about a message. */
static bool is_meta(ldns_rr_type type)
{
    return type == 0 || type == LDNS_RR_TYPE_OPT || (type >= 128 && type <= 255);
}

/* ldns completes relative names without a look at their length. */
static bool has_long_name(const ldns_rr *record)
{
    bool is_long = ldns_rdf_size(ldns_rr_owner(record)) > LDNS_MAX_DOMAINLEN;

    for (size_t i = 0; i < ldns_rr_rd_count(record); i++) {
        const ldns_rdf *data = ldns_rr_rdf(record, i);

        is_long = is_long || (ldns_rdf_get_type(data) == LDNS_RDF_TYPE_DNAME &&
                              ldns_rdf_size(data) > LDNS_MAX_DOMAINLEN);
    }
    return is_long;
}

static const char *objection(const struct reader *r, const ldns_rr *record)
{
    ldns_rdf *owner = ldns_rr_owner(record);
    const ldns_rdf *zone = r->zone->apex;
    bool apex = ldns_dname_compare(owner, zone) == 0;
    const char *why = type_objection(ldns_rr_get_type(record), apex);

    if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN)
        return "is not of class IN";
    if (has_long_name(record))
        return "has a name of more than 255 octets";
    if (is_meta(ldns_rr_get_type(record)))
        return "is of a type that no record has";
    if (!apex && !ldns_dname_is_subdomain(owner, zone))
        return "lies outside the zone (is a final dot missing, or one too many?)";
    if (ldns_dname_is_wildcard(owner))
        return "is a wildcard; write out each name";
    return why ? why : conflict(r, record);
}

static void take(struct reader *r, ldns_rr *record)
{
    const char *why = objection(r, record);

    if (!why) {
        ldns_dname2canonical(ldns_rr_owner(record));
        r->out_of_memory = r->out_of_memory || !ldns_rr_list_push_rr(r->zone->records, record);
        remember(r, record);
        return;
    }
    char *owner = ldns_rdf2str(ldns_rr_owner(record));
    char *type = ldns_rr_type2str(ldns_rr_get_type(record));

    fault_report(r->faults, r->path, (unsigned)r->line, "%s %s %s",
                 owner ? owner : "(a name too long to print)", type, why);
    free(owner);
    free(type);
    ldns_rr_free(record);
}

static void read_all(struct reader *r, FILE *in)
{
    ldns_rdf *origin = ldns_rdf_clone(r->zone->apex), *previous = ldns_rdf_clone(r->zone->apex);
    uint32_t ttl = r->zone->ttl;

    while (!feof(in) && !ferror(in)) {
        ldns_rr *record = NULL;
        ldns_status status = ldns_rr_new_frm_fp_l(&record, in, &ttl, &origin, &previous, &r->line);

        if (status == LDNS_STATUS_OK)
            take(r, record);
        else if (status == LDNS_STATUS_SYNTAX_INCLUDE_ERR_NOTIMPL ||
                 status == LDNS_STATUS_SYNTAX_INCLUDE)
            fault_report(r->faults, r->path, (unsigned)r->line,
                         "$INCLUDE is not supported; write the records here");
        else if (status != LDNS_STATUS_SYNTAX_EMPTY && status != LDNS_STATUS_SYNTAX_TTL &&
                 status != LDNS_STATUS_SYNTAX_ORIGIN)
            fault_report(r->faults, r->path, (unsigned)r->line, "not a record: %s",
                         ldns_get_errorstr_by_id(status));
    }
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(previous);
}

/* The target of name's CNAME, or NULL. */
static ldns_rdf *alias_target(const struct reader *r, ldns_rdf *name)
{
    ldns_rr asked = {._owner = name, ._rr_type = LDNS_RR_TYPE_CNAME};
    const ldns_rr *found = find(&r->rrsets, &asked, compare_rrsets);

    return found ? ldns_rr_rdf(found, 0) : NULL;
}

static void refuse_circles(struct reader *r)
{
    r->line = 0;
    for (size_t i = 0; i < ldns_rr_list_rr_count(r->zone->records); i++) {
        ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(r->zone->records, i));
        ldns_rdf *name = owner;
        unsigned steps = 0;

        while (name && steps++ <= RECORDS_ALIASES_MAX)
            name = alias_target(r, name);
        if (name) {
            char *text = ldns_rdf2str(owner);

            fault_report(r->faults, r->path, (unsigned)r->line,
                         "%s CNAME leads in a circle, or through more than %d others", text,
                         RECORDS_ALIASES_MAX);
            free(text);
        }
    }
}

int records_load(struct zone *zone, const char *path, struct faults *faults)
{
    struct reader r = {.zone = zone, .path = path, .faults = faults};
    size_t before = faults->n;
    char why[INPUT_WHY_MAX];
    FILE *in = input_open(path, NULL, why);

    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++)
        remember(&r, ldns_rr_list_rr(zone->records, i));
    if (!in)
        fault_report(faults, path, 0, "%s", why);
    else
        read_all(&r, in);
    refuse_circles(&r);
    if (in)
        fclose(in);
    forget_all(&r);
    if (r.out_of_memory)
        return -ENOMEM;
    return faults->n > before ? FAULTS_REPORTED : 0;
}
