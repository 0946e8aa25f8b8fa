/* SPDX-License-Identifier: ISC */
#include "records.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "conf/input.h"
#include "conf/value.h"

struct reader {
    struct zone *zone;
    const char *path;
    int line; /* of the end of the record read last */
    conf_fault_fn on_fault;
    void *userdata;
    unsigned faults;
};

__attribute__((format(printf, 2, 3))) static void fault(struct reader *r, const char *format, ...)
{
    char text[768], clean[768], whole[1280];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    value_printable(text, clean, sizeof clean);
    if (r->line)
        snprintf(whole, sizeof whole, "%s:%d: %s", r->path, r->line, clean);
    else
        snprintf(whole, sizeof whole, "%s: %s", r->path, clean);
    r->faults++;
    r->on_fault(r->userdata, whole);
}

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

/* Why record cannot stand beside the one known, or NULL. */
static const char *conflict(const ldns_rr *record, const ldns_rr *known)
{
    bool alias = ldns_rr_get_type(record) == LDNS_RR_TYPE_CNAME;
    bool known_alias = ldns_rr_get_type(known) == LDNS_RR_TYPE_CNAME;

    if (ldns_dname_compare(ldns_rr_owner(record), ldns_rr_owner(known)))
        return NULL;
    if (!ldns_rr_compare_no_rdata(record, known) && !ldns_rr_compare(record, known))
        return "stands there twice";
    if (alias != known_alias)
        return "cannot stand beside a CNAME of the same name";
    if (alias)
        return "is a second CNAME of the same name";
    if (ldns_rr_get_type(record) == ldns_rr_get_type(known) &&
        ldns_rr_ttl(record) != ldns_rr_ttl(known))
        return "has another TTL than the record of the same name and type before it";
    return NULL;
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

static const char *objection(const struct zone *zone, const ldns_rr *record)
{
    ldns_rdf *owner = ldns_rr_owner(record);
    bool apex = ldns_dname_compare(owner, zone->apex) == 0;
    const char *why = type_objection(ldns_rr_get_type(record), apex);

    if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN)
        return "is not of class IN";
    if (has_long_name(record))
        return "has a name of more than 255 octets";
    if (is_meta(ldns_rr_get_type(record)))
        return "is of a type that no record has";
    if (!apex && !ldns_dname_is_subdomain(owner, zone->apex))
        return "lies outside the zone (is a final dot missing, or one too many?)";
    if (ldns_dname_is_wildcard(owner))
        return "is a wildcard; write out each name";
    for (size_t i = 0; !why && i < ldns_rr_list_rr_count(zone->records); i++)
        why = conflict(record, ldns_rr_list_rr(zone->records, i));
    return why;
}

static void take(struct reader *r, ldns_rr *record)
{
    const char *why = objection(r->zone, record);

    if (!why) {
        ldns_dname2canonical(ldns_rr_owner(record));
        ldns_rr_list_push_rr(r->zone->records, record);
        return;
    }
    char *owner = ldns_rdf2str(ldns_rr_owner(record));
    char *type = ldns_rr_type2str(ldns_rr_get_type(record));

    fault(r, "%s %s %s", owner ? owner : "(a name too long to print)", type, why);
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
            fault(r, "$INCLUDE is not supported; write the records here");
        else if (status != LDNS_STATUS_SYNTAX_EMPTY && status != LDNS_STATUS_SYNTAX_TTL &&
                 status != LDNS_STATUS_SYNTAX_ORIGIN)
            fault(r, "not a record: %s", ldns_get_errorstr_by_id(status));
    }
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(previous);
}

/* The target of owner's CNAME, or NULL. */
static const ldns_rdf *alias_target(const struct zone *zone, const ldns_rdf *owner)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(zone->records, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME &&
            !ldns_dname_compare(ldns_rr_owner(rr), owner))
            return ldns_rr_rdf(rr, 0);
    }
    return NULL;
}

static void refuse_circles(struct reader *r)
{
    r->line = 0;
    for (size_t i = 0; i < ldns_rr_list_rr_count(r->zone->records); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(r->zone->records, i));
        const ldns_rdf *name = owner;
        unsigned steps = 0;

        while (name && steps++ <= RECORDS_ALIASES_MAX)
            name = alias_target(r->zone, name);
        if (name) {
            char *text = ldns_rdf2str(owner);

            fault(r, "%s CNAME leads in a circle, or through more than %d others", text,
                  RECORDS_ALIASES_MAX);
            free(text);
        }
    }
}

int records_load(struct zone *zone, const char *path, conf_fault_fn on_fault, void *userdata)
{
    struct reader r = {.zone = zone, .path = path, .on_fault = on_fault, .userdata = userdata};
    char why[INPUT_WHY_MAX];
    FILE *in = input_open(path, why);

    if (!in)
        fault(&r, "%s", why);
    else
        read_all(&r, in);
    refuse_circles(&r);
    if (in)
        fclose(in);
    return r.faults ? -EINVAL : 0;
}
