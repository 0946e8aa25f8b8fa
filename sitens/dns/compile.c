/* SPDX-License-Identifier: ISC */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>

#include "build.h"
#include "denial.h"
#include "records.h"
#include "wire.h"

enum {
    BODY_MAX = WIRE_TCP_MAX - 271 - 128, /* behind the longest question, before the OPT */
};

/* Reserved: no record has it (RFC 6895 section 3.1). */
static const ldns_rr_type no_type = (ldns_rr_type)65535;

static void push_section(ldns_pkt *message, ldns_pkt_section section, const ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        ldns_pkt_push_rr(message, section, ldns_rr_clone(ldns_rr_list_rr(list, i)));
}

/* Has ldns write the whole message and keeps what follows its question. */
static uint32_t finish(struct build *b, const ldns_rdf *name, ldns_rr_type type,
                       const struct draft *d)
{
    ldns_pkt *message = ldns_pkt_query_new(ldns_rdf_clone(name), type, LDNS_RR_CLASS_IN, 0);
    size_t skip = WIRE_HEADER_LENGTH + ldns_rdf_size(name) + 4, length = 0;
    uint32_t offset = 0;
    uint8_t *wire = NULL;

    push_section(message, LDNS_SECTION_ANSWER, d->answer);
    push_section(message, LDNS_SECTION_AUTHORITY, d->authority);
    if (ldns_pkt2wire(&wire, message, &length) != LDNS_STATUS_OK || length - skip > BODY_MAX)
        b->error = -EMSGSIZE;
    else
        offset =
            build_answer(b, d->nxdomain ? WIRE_NXDOMAIN : WIRE_NOERROR,
                         (uint16_t)ldns_rr_list_rr_count(d->answer),
                         (uint16_t)ldns_rr_list_rr_count(d->authority), wire + skip, length - skip);
    free(wire);
    ldns_pkt_free(message);
    return offset;
}

static bool is_in_zone(const struct zone *zone, const ldns_rdf *name)
{
    return !ldns_dname_compare(name, zone->apex) || ldns_dname_is_subdomain(name, zone->apex);
}

/* The algorithm of RFC 1034 section 4.3.2 for a name that exists, CNAMEs followed as long as they
 * stay in the zone. */
static void answer_type(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    const struct zone *zone = d->zone;

    for (unsigned i = 0; i <= RECORDS_ALIASES_MAX; i++) {
        if (zone_rrset(zone, name, type, d->answer))
            return;
        if (!zone_rrset(zone, name, LDNS_RR_TYPE_CNAME, d->answer))
            break;
        name = ldns_rr_rdf(ldns_rr_list_rr(d->answer, ldns_rr_list_rr_count(d->answer) - 1), 0);
        if (!is_in_zone(zone, name))
            return; /* the resolver goes on from there */
    }
    if (denial_name_exists(zone, name))
        denial_of_type(d, name, type);
    else
        denial_of_name(d, name);
}

/* RFC 8482 section 4.2: instead of everything, one small record, made up unless there is a CNAME.
 */
static void answer_any(struct draft *d, const ldns_rdf *name)
{
    if (!zone_rrset(d->zone, name, LDNS_RR_TYPE_CNAME, d->answer) &&
        !zone_rrset(d->zone, name, LDNS_RR_TYPE_HINFO, d->answer) &&
        !zone_select(d->zone->hinfos, name, LDNS_RR_TYPE_HINFO, d->answer))
        denial_of_type(d, name, LDNS_RR_TYPE_ANY);
}

/* Signatures asked for by themselves are of no use to anybody: one set of them is enough of an
 * answer, for the reason of RFC 8482. */
static void answer_rrsig(struct draft *d, const ldns_rdf *name)
{
    const ldns_rr_list *rrsigs = d->zone->signatures.rrsigs;

    for (size_t i = 0; i < ldns_rr_list_rr_count(rrsigs); i++) {
        ldns_rr *rrsig = ldns_rr_list_rr(rrsigs, i);

        if (!ldns_dname_compare(ldns_rr_owner(rrsig), name) && !ldns_rr_list_rr_count(d->answer))
            ldns_rr_list_push_rr(d->answer, rrsig);
    }
}

static void answer(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    const struct zone_signatures *s = &d->zone->signatures;

    if (type == LDNS_RR_TYPE_ANY)
        answer_any(d, name);
    else if (type == LDNS_RR_TYPE_RRSIG)
        answer_rrsig(d, name);
    else if (type != LDNS_RR_TYPE_NSEC || !zone_select(s->nsecs, name, type, d->answer))
        answer_type(d, name, type);
}

/* The pair of answers, without and with DNSSEC records. */
static void compile_answer(struct build *b, const struct zone *zone, const ldns_rdf *name,
                           ldns_rr_type type, uint32_t *ret)
{
    bool is_signed = zone->signatures.rrsigs != NULL;

    for (int dnssec = 0; dnssec <= is_signed; dnssec++) {
        struct draft d;

        draft_init(&d, zone, dnssec);
        answer(&d, name, type);
        draft_sign(&d);
        ret[dnssec] = finish(b, name, type, &d);
        draft_done(&d);
    }
    if (!is_signed)
        ret[1] = ret[0];
}

static void add_type(struct build *b, const struct zone *zone, const ldns_rdf *name, size_t first,
                     ldns_rr_type type)
{
    uint32_t pair[2];

    for (size_t i = first; i < b->types; i++)
        if (b->table->types[i].type == type)
            return;
    compile_answer(b, zone, name, type, pair);
    build_type(b, (uint16_t)type, pair);
}

/* A type that the name has not gets the common answer; but at a CNAME, whose target may have it,
 * and for the addresses of the apex, whose denial is a special one, also when an alias leads there.
 */
static void compile_types(struct build *b, const struct zone *zone, const ldns_rdf *name)
{
    bool alias = zone_has(zone, name, LDNS_RR_TYPE_CNAME);
    bool is_signed = zone->signatures.rrsigs != NULL;
    size_t first = b->types;

    for (size_t i = 0; !b->error && i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(zone->records, i);

        if (alias || !ldns_dname_compare(ldns_rr_owner(rr), name))
            add_type(b, zone, name, first, ldns_rr_get_type(rr));
    }
    if (is_signed && (alias || !ldns_dname_compare(name, zone->apex))) {
        add_type(b, zone, name, first, LDNS_RR_TYPE_A);
        add_type(b, zone, name, first, LDNS_RR_TYPE_AAAA);
    }
    if (is_signed && zone_has(zone, name, LDNS_RR_TYPE_ANY)) {
        add_type(b, zone, name, first, LDNS_RR_TYPE_NSEC);
        add_type(b, zone, name, first, LDNS_RR_TYPE_RRSIG);
    }
    add_type(b, zone, name, first, LDNS_RR_TYPE_ANY);
}

static void add_denial(struct build *b, const struct zone *zone, const ldns_rdf *closest,
                       const ldns_rdf *from)
{
    struct draft d;
    uint32_t offset;

    draft_init(&d, zone, true);
    denial_behind(&d, closest, from);
    draft_sign(&d);
    offset = finish(b, zone->apex, no_type, &d);
    build_denial(b, ldns_rdf_data(from), ldns_rdf_size(from), offset);
    draft_done(&d);
}

/* Names below name that do not exist are denied by the NSEC before them: that of the last owner
 * below name, or else of name itself, or else (an empty non-terminal has none) of one before. */
static void compile_denials(struct build *b, const struct zone *zone, const ldns_rdf *name)
{
    const ldns_rr_list *nsecs = zone->signatures.nsecs;

    if (!nsecs)
        return;
    add_denial(b, zone, name, name);
    for (size_t i = 0; !b->error && i < ldns_rr_list_rr_count(nsecs); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(nsecs, i));

        if (ldns_dname_is_subdomain(owner, name))
            add_denial(b, zone, name, owner);
    }
}

static void compile_name(struct build *b, const struct zone *zone, size_t index,
                         const ldns_rdf *name)
{
    uint32_t other[2];

    compile_answer(b, zone, name, no_type, other);
    build_name(b, index, ldns_rdf_data(name), ldns_rdf_size(name), other);
    compile_types(b, zone, name);
    compile_denials(b, zone, name);
}

/* The names from owner up to the apex, so that empty non-terminals exist too. */
static void compile_names(struct build *b, const struct zone *zone, size_t index,
                          const ldns_rdf *owner)
{
    ldns_rdf *name = ldns_rdf_clone(owner);

    while (!b->error && name &&
           !build_has_name(b, index, ldns_rdf_data(name), ldns_rdf_size(name))) {
        ldns_rdf *up = ldns_dname_compare(name, zone->apex) ? ldns_dname_left_chop(name) : NULL;

        compile_name(b, zone, index, name);
        ldns_rdf_deep_free(name);
        name = up;
    }
    ldns_rdf_deep_free(name);
}

static void compile_zone(struct build *b, const struct zone *zone, size_t index)
{
    struct draft d;
    uint32_t nxdomain;

    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++)
        compile_names(b, zone, index, ldns_rr_owner(ldns_rr_list_rr(zone->records, i)));
    draft_init(&d, zone, false);
    denial_of_name(&d, zone->apex);
    nxdomain = finish(b, zone->apex, no_type, &d);
    draft_done(&d);
    build_zone(b, index, ldns_rdf_size(zone->apex), nxdomain);
}

int compile_table(struct zone *const *zones, size_t n_zones, const char *site_id,
                  struct table **ret)
{
    struct build b;

    build_init(&b, site_id, n_zones);
    for (size_t i = 0; i < n_zones && !b.error; i++)
        compile_zone(&b, zones[i], i);
    return build_finish(&b, ret);
}
