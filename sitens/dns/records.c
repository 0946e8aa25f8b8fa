/* SPDX-License-Identifier: ISC */
#include "records.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "conf/fault.h"
#include "conf/input.h"
#include "entry.h"
#include "keys.h"
#include "rdata.h"
#include "table.h"
#include "targets.h"

/* Octets of one RRset: what is left of 65535 is for signatures and the question. */
enum { SET_MAX = 59000 };

struct reader {
    struct zone *zone;
    void *owners, *rrsets, *records; /* trees of what is known: the first record of each owner, the
                                        first of each RRset, and every one */
    void *nameservers;               /* one of the addresses of each nameserver in the zone */
    size_t first;                    /* of the extra records in zone->records */
    unsigned *lines;                 /* of each of them */
    struct zonefile file;
    struct entry_defaults defaults;
    const char *path;
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
    case LDNS_RR_TYPE_MD:
    case LDNS_RR_TYPE_MF:
        return "is obsolete, and nothing reads it; write an MX";
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

/* Whether a record of that type says where a name is, or that it is elsewhere. */
static bool is_of_addresses(ldns_rr_type type)
{
    return type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA || type == LDNS_RR_TYPE_CNAME;
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
    tdestroy(r->nameservers, keep);
}

/* RFC 6895 section 3.1: types that one asks for, or that say something about a message. */
static bool is_meta(ldns_rr_type type)
{
    return type == 0 || type == LDNS_RR_TYPE_OPT || (type >= 128 && type <= 255);
}

/* Why no record of that owner and type may be here, whatever its data; or NULL. */
static const char *objection(const struct reader *r, const struct entry_head *head)
{
    const ldns_rdf *zone = r->zone->apex;
    bool apex = ldns_dname_compare(head->owner, zone) == 0;
    ldns_rr asked = {._owner = (ldns_rdf *)head->owner, ._rr_type = head->type};
    const char *why = type_objection(head->type, apex);

    if (!head->in)
        return "is not of class IN";
    if (is_meta(head->type))
        return "is of a type that no record has";
    if (!apex && !ldns_dname_is_subdomain(head->owner, zone))
        return "lies outside the zone (is a final dot missing, or one too many?)";
    if (ldns_dname_is_wildcard(head->owner))
        return "is a wildcard; write out each name";
    if (!why && is_of_addresses(head->type) && find(&r->nameservers, &asked, compare_owners))
        why = "stands at a nameserver whose addresses come from `address` in its [site] section; "
              "take it out";
    return why;
}

static void refuse(struct reader *r, unsigned line, const ldns_rdf *owner, ldns_rr_type type,
                   const char *why)
{
    char *owner_text = ldns_rdf2str(owner), *type_text = ldns_rr_type2str(type);

    fault_report(r->faults, r->path, line, "%s %s %s", owner_text ? owner_text : "",
                 type_text ? type_text : "", why);
    free(owner_text);
    free(type_text);
}

static void take(struct reader *r, ldns_rr *record)
{
    size_t n = ldns_rr_list_rr_count(r->zone->records) - r->first;
    unsigned *lines = reallocarray(r->lines, n + 1, sizeof *lines);

    if (lines)
        r->lines = lines;
    if (!lines || !ldns_rr_list_push_rr(r->zone->records, record)) {
        ldns_rr_free(record);
        r->out_of_memory = true;
        return;
    }
    r->lines[n] = r->file.line;
    remember(r, record);
}

/* Makes the record of head and its data. NULL: it was refused. */
static ldns_rr *make_record(struct reader *r, const struct entry_head *head)
{
    const struct zonefile *z = &r->file;
    ldns_rr *record = ldns_rr_new();
    ldns_rdf *owner = record ? ldns_rdf_clone(head->owner) : NULL;
    char why[RDATA_WHY_MAX];
    char *type;

    if (!owner) {
        ldns_rr_free(record);
        r->out_of_memory = true;
        return NULL;
    }
    ldns_rr_set_owner(record, owner);
    ldns_rr_set_type(record, head->type);
    ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(record, head->ttl);
    if (rdata_read(record, z->words + head->data, z->n_words - head->data, r->defaults.origin, why))
        return record;
    type = ldns_rr_type2str(head->type);
    fault_report(r->faults, r->path, z->line, "not a record: %s: %s", type ? type : "", why);
    free(type);
    ldns_rr_free(record);
    return NULL;
}

static void read_record(struct reader *r)
{
    char why[ENTRY_WHY_MAX];
    const char *wrong;
    struct entry_head head;
    ldns_rr *record;

    if (!entry_read(&r->file, &r->defaults, &head, why)) {
        fault_report(r->faults, r->path, r->file.line, "not a record: %s", why);
        return;
    }
    wrong = objection(r, &head);
    if (wrong) {
        refuse(r, r->file.line, head.owner, head.type, wrong);
        return;
    }
    record = make_record(r, &head);
    if (!record)
        return;
    wrong = rdata_objection(record);
    if (!wrong)
        wrong = conflict(r, record);
    if (!wrong) {
        take(r, record);
        return;
    }
    refuse(r, r->file.line, head.owner, head.type, wrong);
    ldns_rr_free(record);
}

static void read_all(struct reader *r)
{
    char why[ENTRY_WHY_MAX];
    int found;

    while ((found = zonefile_next(&r->file)) > 0) {
        if (found == ZONEFILE_FAULT)
            fault_report(r->faults, r->path, r->file.line, "%s", r->file.fault);
        else if (!entry_is_directive(&r->file))
            read_record(r);
        else if (!entry_obey(&r->file, &r->defaults, why))
            fault_report(r->faults, r->path, r->file.line, "%s", why);
    }
    r->out_of_memory = r->out_of_memory || found < 0;
}

/* The target of name's CNAME, or NULL. */
static ldns_rdf *alias_target(const struct reader *r, ldns_rdf *name)
{
    ldns_rr asked = {._owner = name, ._rr_type = LDNS_RR_TYPE_CNAME};
    const ldns_rr *found = find(&r->rrsets, &asked, compare_rrsets);

    return found ? ldns_rr_rdf(found, 0) : NULL;
}

static void refuse_loops(struct reader *r)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(r->zone->records); i++) {
        ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(r->zone->records, i));
        ldns_rdf *name = owner;
        unsigned steps = 0;

        while (name && steps++ <= RECORDS_ALIASES_MAX)
            name = alias_target(r, name);
        if (name) {
            char *text = ldns_rdf2str(owner);

            fault_report(r->faults, r->path, 0,
                         "%s CNAME: a CNAME loop, or a chain of more than %d", text,
                         RECORDS_ALIASES_MAX);
            free(text);
        }
    }
}

struct placed {
    const ldns_rr *record;
    unsigned line;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *one = a, *two = b;
    int order = compare_rrsets(one->record, two->record);

    return order ? order : (int)one->line - (int)two->line;
}

/* An answer is one DNS message, whatever carries it. */
static void refuse_large(struct reader *r)
{
    size_t n = ldns_rr_list_rr_count(r->zone->records) - r->first, size = 0;
    struct placed *placed = reallocarray(NULL, n + 1, sizeof *placed);

    r->out_of_memory = r->out_of_memory || !placed;
    for (size_t i = 0; placed && i < n; i++)
        placed[i] = (struct placed){ldns_rr_list_rr(r->zone->records, r->first + i), r->lines[i]};
    if (placed)
        qsort(placed, n, sizeof *placed, compare_placed);
    for (size_t i = 0; placed && i < n; i++) {
        const ldns_rr *record = placed[i].record;

        if (i == 0 || compare_rrsets(placed[i - 1].record, record) != 0)
            size = 0;
        if (size <= SET_MAX && (size += ldns_rr_uncompressed_size(record)) > SET_MAX)
            refuse(r, placed[i].line, ldns_rr_owner(record), ldns_rr_get_type(record),
                   "is too much: with the records of the same name and type before it, it does not "
                   "fit a DNS message");
    }
    free(placed);
}

/* What the site file gives: extra records must fit in. */
static void remember_own(struct reader *r)
{
    for (size_t i = 0; i < r->first; i++) {
        const ldns_rr *record = ldns_rr_list_rr(r->zone->records, i);

        remember(r, record);
        if (is_of_addresses(ldns_rr_get_type(record)) &&
            !tsearch(record, &r->nameservers, compare_owners))
            r->out_of_memory = true;
    }
}

static void done(struct reader *r)
{
    forget_all(r);
    zonefile_done(&r->file);
    ldns_rdf_deep_free(r->defaults.origin);
    ldns_rdf_deep_free(r->defaults.owner);
    free(r->lines);
}

int records_load(struct zone *zone, const char *path, struct faults *faults)
{
    struct reader r = {.zone = zone, .path = path, .faults = faults};
    size_t before = faults->n;
    char why[INPUT_WHY_MAX];
    FILE *in = input_open(path, NULL, why);

    if (!in && input_is_shortage(errno))
        return -errno;
    if (!in) {
        fault_report(faults, path, 0, "%s", why);
        return FAULTS_REPORTED;
    }
    if (keys_is_private(in)) { /* named in place of its .key: faults would quote it */
        fault_report(faults, path, 0, "a private key; `records` names a file of records");
        fclose(in);
        return FAULTS_REPORTED;
    }
    r.first = ldns_rr_list_rr_count(zone->records);
    r.defaults.origin = ldns_rdf_clone(zone->apex);
    r.defaults.owner = ldns_rdf_clone(zone->apex);
    r.defaults.ttl = zone->ttl;
    zonefile_init(&r.file, in);
    r.out_of_memory = !r.defaults.origin || !r.defaults.owner;
    remember_own(&r);
    if (!r.out_of_memory)
        read_all(&r);
    if (!r.out_of_memory) {
        refuse_loops(&r);
        refuse_large(&r);
        r.out_of_memory = targets_warn(zone, r.first, path, r.lines, faults) < 0;
    }
    fclose(in);
    done(&r);
    if (r.out_of_memory)
        return -ENOMEM;
    return faults->n > before ? FAULTS_REPORTED : 0;
}
