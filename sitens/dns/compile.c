/* SPDX-License-Identifier: ISC */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>

#include "build.h"
#include "denial.h"
#include "wire.h"

enum {
    BODY_MAX = WIRE_TCP_MAX - 271 - 128, /* behind the longest question, before the OPT */
};

/* Reserved: no record has it (RFC 6895 section 3.1). */
static const ldns_rr_type no_type = (ldns_rr_type)65535;

static bool push_list(ldns_pkt *message, ldns_pkt_section section, const ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_clone(ldns_rr_list_rr(list, i));

        if (!rr || !ldns_pkt_push_rr(message, section, rr)) {
            ldns_rr_free(rr);
            return false;
        }
    }
    return true;
}

/* Each RRset with its signatures behind it. */
static bool push_section(ldns_pkt *message, ldns_pkt_section section,
                         const struct signed_rrset *rrsets, size_t n, bool dnssec)
{
    bool good = true;

    for (size_t i = 0; good && i < n; i++) {
        good = push_list(message, section, rrsets[i].records);
        if (good && dnssec)
            good = push_list(message, section, rrsets[i].rrsigs);
    }
    return good;
}

/* Has ldns write the whole message and keeps what follows its question. */
static uint32_t keep(struct build *b, const ldns_pkt *message, size_t skip, bool nxdomain)
{
    size_t length = 0;
    uint32_t offset = 0;
    uint8_t *wire = NULL;

    switch (ldns_pkt2wire(&wire, message, &length)) {
    case LDNS_STATUS_OK:
        break;
    case LDNS_STATUS_MEM_ERR:
        b->error = -ENOMEM;
        break;
    default:
        b->error = -EMSGSIZE;
    }
    if (!b->error && length - skip > BODY_MAX)
        b->error = -EMSGSIZE;
    if (!b->error)
        offset = build_answer(b, nxdomain ? WIRE_NXDOMAIN : WIRE_NOERROR, ldns_pkt_ancount(message),
                              ldns_pkt_nscount(message), wire + skip, length - skip);
    free(wire);
    return offset;
}

static uint32_t finish(struct build *b, const ldns_rdf *name, ldns_rr_type type,
                       const struct draft *d)
{
    ldns_rdf *question = ldns_rdf_clone(name);
    ldns_pkt *message = question ? ldns_pkt_query_new(question, type, LDNS_RR_CLASS_IN, 0) : NULL;
    uint32_t offset = 0;

    if (message && push_section(message, LDNS_SECTION_ANSWER, d->answer, d->n_answer, d->dnssec) &&
        push_section(message, LDNS_SECTION_AUTHORITY, d->authority, d->n_authority, d->dnssec))
        offset = keep(b, message, WIRE_HEADER_LENGTH + ldns_rdf_size(name) + 4, d->nxdomain);
    else
        b->error = -ENOMEM;
    if (!message)
        ldns_rdf_deep_free(question);
    ldns_pkt_free(message);
    return offset;
}

/* Appends the RRset of that owner and type to the answer section. */
static bool take(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    if (!version_find(d->version, name, type, &d->answer[d->n_answer]))
        return false;
    d->n_answer++;
    return true;
}

/* Follows the CNAMEs from name as long as they stay in the zone, and appends them to the answer
 * section, if there is a draft. Returns where they lead, the one outside the zone included. */
static const ldns_rdf *follow(const struct version *v, const ldns_rdf *name, struct draft *d)
{
    struct signed_rrset alias;

    for (unsigned i = 0; i <= RECORDS_ALIASES_MAX; i++) {
        if (!rrsets_is_within(name, v->zone->apex) ||
            !version_find(v, name, LDNS_RR_TYPE_CNAME, &alias))
            break;
        if (d)
            d->answer[d->n_answer++] = alias;
        name = ldns_rr_rdf(ldns_rr_list_rr(alias.records, 0), 0);
    }
    return name;
}

/* The algorithm of RFC 1034 section 4.3.2 for a name that exists. */
static int answer_type(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    const struct zone *zone = d->version->zone;

    if (type != LDNS_RR_TYPE_CNAME)
        name = follow(d->version, name, d);
    if (!rrsets_is_within(name, zone->apex))
        return 0; /* the resolver goes on from there */
    if (take(d, name, type))
        return 0;
    if (!rrsets_has_name(&zone->rrsets, name))
        return denial_of_name(d, name);
    denial_of_type(d, name, type);
    return 0;
}

/* RFC 8482 section 4.2: instead of everything, one small record, made up unless there is a CNAME.
 */
static void answer_any(struct draft *d, const ldns_rdf *name)
{
    if (take(d, name, LDNS_RR_TYPE_CNAME) || take(d, name, LDNS_RR_TYPE_HINFO))
        return;
    if (version_find_hinfo(d->version, name, &d->answer[d->n_answer]))
        d->n_answer++;
    else
        denial_of_type(d, name, LDNS_RR_TYPE_ANY);
}

/* Signatures asked for by themselves are of no use to anybody: those of one RRset are enough of an
 * answer, for the reason of RFC 8482. */
static void answer_rrsig(struct draft *d, const ldns_rdf *name)
{
    struct signed_rrset nsec;

    if (version_find(d->version, name, LDNS_RR_TYPE_NSEC, &nsec))
        d->answer[d->n_answer++] = (struct signed_rrset){nsec.rrsigs, NULL};
}

static int answer(struct draft *d, const ldns_rdf *name, ldns_rr_type type)
{
    if (type == LDNS_RR_TYPE_ANY)
        answer_any(d, name);
    else if (type == LDNS_RR_TYPE_RRSIG)
        answer_rrsig(d, name);
    else if (type != LDNS_RR_TYPE_NSEC || !take(d, name, type))
        return answer_type(d, name, type);
    return 0;
}

/* The pair of answers, without and with DNSSEC records. */
static void compile_answer(struct build *b, const struct version *v, const ldns_rdf *name,
                           ldns_rr_type type, uint32_t *ret)
{
    bool is_signed = v->signatures;

    for (int dnssec = 0; !b->error && dnssec <= is_signed; dnssec++) {
        struct draft d = {.version = v, .dnssec = dnssec};

        b->error = answer(&d, name, type);
        if (!b->error)
            ret[dnssec] = finish(b, name, type, &d);
    }
    if (!is_signed)
        ret[1] = ret[0];
}

static void add_type(struct build *b, const struct version *v, const ldns_rdf *name, size_t first,
                     ldns_rr_type type)
{
    uint32_t pair[2] = {0};

    for (size_t i = first; i < b->types; i++)
        if (b->table->types[i].type == type)
            return;
    compile_answer(b, v, name, type, pair);
    build_type(b, (uint16_t)type, pair);
}

/* A type that the name has not gets the common answer; but for the addresses of the apex, whose
 * denial is a special one. At a CNAME that is so for what it leads to. */
static void compile_types(struct build *b, const struct version *v, const ldns_rdf *name)
{
    const struct rrsets *all = &v->zone->rrsets;
    const ldns_rdf *last = follow(v, name, NULL);
    size_t first = b->types, own = rrsets_first(all, name);

    if (!rrsets_compare_names(last, v->zone->apex)) {
        /* These first: a lookup tries types in order. */
        add_type(b, v, name, first, LDNS_RR_TYPE_A);
        add_type(b, v, name, first, LDNS_RR_TYPE_AAAA);
    }
    if (last != name)
        add_type(b, v, name, first, LDNS_RR_TYPE_CNAME);
    for (size_t i = rrsets_first(all, last);
         !b->error && i < all->n && !rrsets_compare_names(all->at[i].owner, last); i++)
        add_type(b, v, name, first, all->at[i].type);
    if (v->signatures && own < all->n && !rrsets_compare_names(all->at[own].owner, name)) {
        add_type(b, v, name, first, LDNS_RR_TYPE_NSEC);
        add_type(b, v, name, first, LDNS_RR_TYPE_RRSIG);
    }
    add_type(b, v, name, first, LDNS_RR_TYPE_ANY);
}

static void add_denial(struct build *b, const struct version *v, const ldns_rdf *closest,
                       const ldns_rdf *from)
{
    struct draft d = {.version = v, .dnssec = true};
    uint32_t offset = 0;

    b->error = denial_behind(&d, closest, from);
    if (!b->error)
        offset = finish(b, v->zone->apex, no_type, &d);
    build_denial(b, ldns_rdf_data(from), ldns_rdf_size(from), offset);
}

/* Names below name that do not exist are denied by the NSEC before them: that of the last owner
 * below name, or else of name itself, or else (an empty non-terminal has none) of one before. */
static void compile_denials(struct build *b, const struct version *v, const ldns_rdf *name)
{
    if (b->error || !v->signatures)
        return;
    add_denial(b, v, name, name);
    for (size_t i = version_find_nsec(v, name); !b->error && i < v->signatures->n_nsecs; i++) {
        const ldns_rdf *owner = ldns_rr_list_owner(v->signatures->nsecs[i].records);

        if (rrsets_compare_names(owner, name) <= 0)
            continue;
        if (!rrsets_is_within(owner, name))
            break;
        add_denial(b, v, name, owner);
    }
}

static void compile_name(struct build *b, const struct version *v, size_t index,
                         const ldns_rdf *name)
{
    uint32_t other[2] = {0};

    compile_answer(b, v, name, no_type, other);
    build_name(b, index, ldns_rdf_data(name), ldns_rdf_size(name), other);
    compile_types(b, v, name);
    compile_denials(b, v, name);
}

/* The names from owner up, so that empty non-terminals exist too. before is the owner that sorts
 * before it, NULL at the apex: it and the names above it are there already. */
static void compile_names(struct build *b, const struct version *v, size_t index,
                          const ldns_rdf *owner, const ldns_rdf *before)
{
    ldns_rdf *name = ldns_rdf_clone(owner);
    bool known = false;

    while (name && !known && !b->error) {
        ldns_rdf *up = ldns_dname_left_chop(name);

        compile_name(b, v, index, name);
        ldns_rdf_deep_free(name);
        known = !before || (up && rrsets_is_within(before, up));
        name = up;
    }
    if (!name && !b->error)
        b->error = -ENOMEM;
    ldns_rdf_deep_free(name);
}

static void compile_zone(struct build *b, const struct version *v, size_t index)
{
    const struct rrsets *all = &v->zone->rrsets;
    const ldns_rdf *before = NULL;
    struct draft d = {.version = v};
    uint32_t nxdomain;

    for (size_t i = 0; !b->error && i < all->n; i = rrsets_end_of_owner(all, i)) {
        compile_names(b, v, index, all->at[i].owner, before);
        before = all->at[i].owner;
    }
    if (!b->error)
        b->error = denial_of_name(&d, v->zone->apex);
    nxdomain = b->error ? 0 : finish(b, v->zone->apex, no_type, &d);
    build_zone(b, index, ldns_rdf_size(v->zone->apex), nxdomain);
}

int compile_table(const struct version *const *versions, size_t n, const char *site_id,
                  struct table **ret)
{
    struct build b;

    build_init(&b, site_id, n);
    for (size_t i = 0; i < n && !b.error; i++)
        compile_zone(&b, versions[i], i);
    return build_finish(&b, ret);
}
