/* SPDX-License-Identifier: ISC */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>

#include "build.h"
#include "wire.h"

enum {
    ALIASES_MAX = 8,                     /* CNAMEs followed inside the zone */
    ANY_TTL_S = 3789,                    /* RFC 8482 section 4.2 has it so in its example */
    BODY_MAX = WIRE_TCP_MAX - 271 - 128, /* behind the longest question, before the OPT */
};

/* Reserved: no record has it (RFC 6895 section 3.1). */
static const ldns_rr_type no_type = (ldns_rr_type)65535;

/* The sections of an answer; the lists do not own their records. */
struct draft {
    ldns_rr_list *answer, *authority;
    uint8_t rcode;
};

static void draft_init(struct draft *d)
{
    d->answer = ldns_rr_list_new();
    d->authority = ldns_rr_list_new();
    d->rcode = WIRE_NOERROR;
}

static void draft_done(struct draft *d)
{
    ldns_rr_list_free(d->answer);
    ldns_rr_list_free(d->authority);
}

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
            build_answer(b, d->rcode, (uint16_t)ldns_rr_list_rr_count(d->answer),
                         (uint16_t)ldns_rr_list_rr_count(d->authority), wire + skip, length - skip);
    free(wire);
    ldns_pkt_free(message);
    return offset;
}

/* RFC 2308 section 3. */
static void deny(struct draft *d, const struct zone *zone, uint8_t rcode)
{
    d->rcode = rcode;
    zone_rrset(zone, zone->apex, LDNS_RR_TYPE_SOA, d->authority);
}

static bool is_in_zone(const struct zone *zone, const ldns_rdf *name)
{
    return !ldns_dname_compare(name, zone->apex) || ldns_dname_is_subdomain(name, zone->apex);
}

/* Whether name exists in zone: as an owner, or above one (an empty non-terminal, RFC 8020). */
static bool exists(const struct zone *zone, const ldns_rdf *name)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(zone->records, i));

        if (!ldns_dname_compare(owner, name) || ldns_dname_is_subdomain(owner, name))
            return true;
    }
    return false;
}

/* The algorithm of RFC 1034 section 4.3.2 for a name that exists, CNAMEs followed as long as they
 * stay in the zone. */
static void answer(struct draft *d, const struct zone *zone, const ldns_rdf *name,
                   ldns_rr_type type)
{
    for (unsigned i = 0; i <= ALIASES_MAX; i++) {
        if (zone_rrset(zone, name, type, d->answer))
            return;
        if (!zone_rrset(zone, name, LDNS_RR_TYPE_CNAME, d->answer))
            break;
        name = ldns_rr_rdf(ldns_rr_list_rr(d->answer, ldns_rr_list_rr_count(d->answer) - 1), 0);
        if (!is_in_zone(zone, name))
            return; /* the resolver goes on from there */
    }
    deny(d, zone, exists(zone, name) ? WIRE_NOERROR : WIRE_NXDOMAIN);
}

static uint32_t compile_answer(struct build *b, const struct zone *zone, const ldns_rdf *name,
                               ldns_rr_type type)
{
    struct draft d;
    uint32_t offset;

    draft_init(&d);
    answer(&d, zone, name, type);
    offset = finish(b, name, type, &d);
    draft_done(&d);
    return offset;
}

/* RFC 8482 section 4.2: instead of everything, one small made-up record; section 4.3: but the CNAME
 * where there is one. */
static uint32_t compile_any(struct build *b, const struct zone *zone, const ldns_rdf *name)
{
    ldns_rr *hinfo = NULL;
    struct draft d;
    uint32_t offset;

    draft_init(&d);
    if (!zone_rrset(zone, name, LDNS_RR_TYPE_CNAME, d.answer)) {
        ldns_rr_new_frm_str(&hinfo, ". IN HINFO RFC8482 \"\"", ANY_TTL_S, NULL, NULL);
        ldns_rdf_deep_free(ldns_rr_owner(hinfo));
        ldns_rr_set_owner(hinfo, ldns_rdf_clone(name));
        ldns_rr_list_push_rr(d.answer, hinfo);
    }
    offset = finish(b, name, LDNS_RR_TYPE_ANY, &d);
    draft_done(&d);
    ldns_rr_free(hinfo);
    return offset;
}

static bool has_rrset(const struct zone *zone, const ldns_rdf *name, ldns_rr_type type)
{
    ldns_rr_list *found = ldns_rr_list_new();
    bool has = zone_rrset(zone, name, type, found) > 0;

    ldns_rr_list_free(found);
    return has;
}

/* A type that the name has not gets the common answer, but at a CNAME, whose target may have it. */
static void compile_name(struct build *b, const struct zone *zone, size_t index,
                         const ldns_rdf *name)
{
    bool alias = has_rrset(zone, name, LDNS_RR_TYPE_CNAME);
    uint32_t offset = compile_answer(b, zone, name, no_type);
    size_t first;

    build_name(b, index, ldns_rdf_data(name), ldns_rdf_size(name), (uint32_t[2]){offset, offset});
    first = b->types;
    for (size_t i = 0; !b->error && i < ldns_rr_list_rr_count(zone->records); i++) {
        ldns_rr_type type = ldns_rr_get_type(ldns_rr_list_rr(zone->records, i));
        bool done = false;

        for (size_t t = first; t < b->types; t++)
            done = done || b->table->types[t].type == type;
        if (!done && (alias || has_rrset(zone, name, type))) {
            offset = compile_answer(b, zone, name, type);
            build_type(b, (uint16_t)type, (uint32_t[2]){offset, offset});
        }
    }
    offset = compile_any(b, zone, name);
    build_type(b, LDNS_RR_TYPE_ANY, (uint32_t[2]){offset, offset});
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
    uint32_t offset;

    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++)
        compile_names(b, zone, index, ldns_rr_owner(ldns_rr_list_rr(zone->records, i)));
    draft_init(&d);
    deny(&d, zone, WIRE_NXDOMAIN);
    offset = finish(b, zone->apex, no_type, &d);
    draft_done(&d);
    build_zone(b, index, ldns_rdf_size(zone->apex), (uint32_t[2]){offset, offset});
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
