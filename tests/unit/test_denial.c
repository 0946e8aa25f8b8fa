/* SPDX-License-Identifier: ISC */
/* What signed answers prove, on random zones and random questions, as a resolver would see it. */
#include "random_zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/compile.h"
#include "dns/keys.h"
#include "dns/wire.h"

enum { ZONES = 20, QUESTIONS = 60 };

static const ldns_rr_type types[] = {
    LDNS_RR_TYPE_A,  LDNS_RR_TYPE_AAAA,   LDNS_RR_TYPE_TXT,  LDNS_RR_TYPE_CNAME, LDNS_RR_TYPE_NS,
    LDNS_RR_TYPE_MX, LDNS_RR_TYPE_DNSKEY, LDNS_RR_TYPE_NSEC, LDNS_RR_TYPE_DS,    LDNS_RR_TYPE_SOA,
};

/* A question, its answer, and what the zone has to say about it. */
struct case_ {
    const struct version *version;
    const ldns_rdf *name; /* as asked */
    ldns_rr_type type;
    const ldns_rdf *last; /* where the aliases lead */
    ldns_pkt *response;
    ldns_rr_list *nsecs;
};

static ldns_pkt *ask(const struct table *table, const ldns_rdf *name, ldns_rr_type type,
                     bool dnssec)
{
    static uint8_t wire[WIRE_TCP_MAX];
    size_t length = ldns_rdf_size(name), at = WIRE_HEADER_LENGTH + length + 4;
    struct table_match match;
    ldns_pkt *response = NULL;

    assert_true(table_lookup(table, ldns_rdf_data(name), length, (uint16_t)type, dnssec, &match));
    memset(wire, 0, WIRE_HEADER_LENGTH);
    wire[WIRE_AT_FLAGS] = WIRE_QR;
    wire[WIRE_AT_FLAGS + 1] = match.answer->rcode;
    memcpy(wire + WIRE_AT_COUNTS, match.answer->counts, WIRE_COUNTS_LENGTH);
    memcpy(wire + WIRE_HEADER_LENGTH, ldns_rdf_data(name), length);
    wire_put16(wire + at - 4, type);
    wire_put16(wire + at - 2, WIRE_CLASS_IN);
    table_copy(&match, wire + at);
    assert_int_equal(ldns_wire2pkt(&response, wire, at + match.answer->length), LDNS_STATUS_OK);
    return response;
}

/* Every set in a section has a signature that verifies. */
static void check_section(const struct version *version, const ldns_rr_list *section)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(section, i);
        ldns_rr_list *set = signed_zone_select(section, ldns_rr_owner(rr), ldns_rr_get_type(rr));
        ldns_rr_list *rrsigs;

        if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG && ldns_rr_list_rr(set, 0) == rr) {
            rrsigs = signed_zone_rrsigs(section, ldns_rr_owner(rr), ldns_rr_get_type(rr));
            assert_int_equal(ldns_rr_list_rr_count(rrsigs), 1);
            assert_int_equal(ldns_verify(set, rrsigs, version->zone->keys->published, NULL),
                             LDNS_STATUS_OK);
            ldns_rr_list_free(rrsigs);
        }
        ldns_rr_list_free(set);
    }
}

static bool exists(const struct version *version, const ldns_rdf *name)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(version->zone->records); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(version->zone->records, i));

        if (!ldns_dname_compare(owner, name) || ldns_dname_is_subdomain(owner, name))
            return true;
    }
    return false;
}

static const ldns_rdf *follow(const struct version *version, const ldns_rdf *name,
                              ldns_rr_type type)
{
    struct signed_rrset alias;

    while (type != LDNS_RR_TYPE_CNAME && type != LDNS_RR_TYPE_NSEC &&
           version_find(version, name, LDNS_RR_TYPE_CNAME, &alias))
        name = ldns_rr_rdf(ldns_rr_list_rr(alias.records, 0), 0);
    return name;
}

static bool has(const struct version *version, const ldns_rdf *name, ldns_rr_type type)
{
    struct signed_rrset rrset;

    return version_find(version, name, type, &rrset);
}

static bool is_apex(const struct case_ *c, const ldns_rdf *name)
{
    return !ldns_dname_compare(name, c->version->zone->apex);
}

static bool lists(const ldns_rr *nsec, ldns_rr_type type)
{
    return ldns_nsec_bitmap_covers_type(ldns_nsec_get_bitmap(nsec), type);
}

/* No cache of ours may deny what another site has: of the apex, only the NSEC that denies this
 * site's own missing address may leave that out. */
static void check_apex_nsecs(const struct case_ *c)
{
    bool own_address =
        (c->type == LDNS_RR_TYPE_A || c->type == LDNS_RR_TYPE_AAAA) && is_apex(c, c->last);

    for (size_t i = 0; i < ldns_rr_list_rr_count(c->nsecs); i++) {
        const ldns_rr *nsec = ldns_rr_list_rr(c->nsecs, i);

        if (!is_apex(c, ldns_rr_owner(nsec)))
            continue;
        assert_int_equal(lists(nsec, LDNS_RR_TYPE_A) && lists(nsec, LDNS_RR_TYPE_AAAA),
                         !own_address);
    }
}

/* As ldns sees it, which goes by the name alone and not by its closest encloser. */
static void check_with_ldns(const struct case_ *c)
{
    ldns_rr_list *rrsigs =
        ldns_pkt_rr_list_by_type(c->response, LDNS_RR_TYPE_RRSIG, LDNS_SECTION_AUTHORITY);
    ldns_rr *asked = ldns_rr_new_frm_type(c->type);

    ldns_rr_set_owner(asked, ldns_rdf_clone(c->last));
    assert_int_equal(ldns_dnssec_verify_denial(asked, c->nsecs, rrsigs), LDNS_STATUS_OK);
    ldns_rr_free(asked);
    ldns_rr_list_deep_free(rrsigs);
}

/* RFC 4035 section 5.4: that NSEC proves that no name between its owner and its next one exists. */
static bool covers(const ldns_rr *nsec, const ldns_rdf *name)
{
    const ldns_rdf *owner = ldns_rr_owner(nsec), *next = ldns_rr_rdf(nsec, 0);
    bool last = ldns_dname_compare(next, owner) <= 0;

    return ldns_dname_compare(owner, name) < 0 && (last || ldns_dname_compare(name, next) < 0) &&
           !ldns_dname_is_subdomain(next, name); /* then name is an empty non-terminal */
}

static bool any_covers(const struct case_ *c, const ldns_rdf *name)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(c->nsecs); i++)
        if (covers(ldns_rr_list_rr(c->nsecs, i), name))
            return true;
    return false;
}

/* Neither the name nor a wildcard that could make it. */
static void check_no_name(const struct case_ *c)
{
    ldns_rdf *closest = ldns_rdf_clone(c->last), *wildcard = ldns_dname_new_frm_str("*");

    while (!exists(c->version, closest)) {
        ldns_rdf *up = ldns_dname_left_chop(closest);

        ldns_rdf_deep_free(closest);
        closest = up;
    }
    ldns_dname_cat(wildcard, closest);
    assert_in_range(ldns_rr_list_rr_count(c->nsecs), 1, 2);
    assert_true(any_covers(c, c->last));
    assert_true(any_covers(c, wildcard));
    for (size_t i = 0; i < ldns_rr_list_rr_count(c->nsecs); i++) /* two only where one cannot do */
        if (covers(ldns_rr_list_rr(c->nsecs, i), c->last) &&
            covers(ldns_rr_list_rr(c->nsecs, i), wildcard))
            assert_int_equal(ldns_rr_list_rr_count(c->nsecs), 1);
    check_with_ldns(c);
    ldns_rdf_deep_free(closest);
    ldns_rdf_deep_free(wildcard);
}

/* The name is there, the type is not: by the name's own NSEC, or by one that leads below it. */
static void check_no_type(const struct case_ *c)
{
    const ldns_rr *nsec = ldns_rr_list_rr(c->nsecs, 0);

    assert_int_equal(ldns_rr_list_rr_count(c->nsecs), 1);
    if (has(c->version, c->last, LDNS_RR_TYPE_NSEC)) {
        assert_int_equal(ldns_dname_compare(ldns_rr_owner(nsec), c->last), 0);
        assert_false(lists(nsec, c->type));
        assert_false(lists(nsec, LDNS_RR_TYPE_CNAME));
        check_with_ldns(c);
    } else {
        assert_true(ldns_dname_compare(ldns_rr_owner(nsec), c->last) < 0);
        assert_true(ldns_dname_is_subdomain(ldns_rr_rdf(nsec, 0), c->last));
    }
}

static bool in_zone(const struct case_ *c)
{
    return is_apex(c, c->last) || ldns_dname_is_subdomain(c->last, c->version->zone->apex);
}

static void check_rcode(const struct case_ *c, bool missing)
{
    const ldns_rr_list *authority = ldns_pkt_authority(c->response);

    assert_int_equal(ldns_pkt_get_rcode(c->response),
                     missing ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR);
    if (ldns_rr_list_rr_count(authority) > 0) {
        const ldns_rr *soa = ldns_rr_list_rr(authority, 0);

        assert_int_equal(ldns_rr_get_type(soa), LDNS_RR_TYPE_SOA);
        assert_int_equal(ldns_dname_compare(ldns_rr_owner(soa), c->version->zone->apex), 0);
    }
}

static void check_answer(const struct case_ *c)
{
    bool missing = in_zone(c) && !exists(c->version, c->last);
    bool has_type = has(c->version, c->last, c->type);

    check_section(c->version, ldns_pkt_answer(c->response));
    check_section(c->version, ldns_pkt_authority(c->response));
    check_rcode(c, missing);
    check_apex_nsecs(c);
    if (has_type || !in_zone(c))
        assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_authority(c->response)), 0);
    else if (missing)
        check_no_name(c);
    else
        check_no_type(c);
}

static size_t count(const ldns_rr_list *list, bool dnssec)
{
    size_t n = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr_type type = ldns_rr_get_type(ldns_rr_list_rr(list, i));

        n += (type == LDNS_RR_TYPE_RRSIG || type == LDNS_RR_TYPE_NSEC) == dnssec;
    }
    return n;
}

/* Without DO: the same, less what only a resolver that validates can use. */
static void check_plain(const struct case_ *c, const struct table *table)
{
    ldns_pkt *plain = ask(table, c->name, c->type, false);

    assert_int_equal(ldns_pkt_get_rcode(plain), ldns_pkt_get_rcode(c->response));
    assert_int_equal(count(ldns_pkt_answer(plain), false),
                     count(ldns_pkt_answer(c->response), false));
    assert_int_equal(count(ldns_pkt_authority(plain), false),
                     count(ldns_pkt_authority(c->response), false));
    assert_int_equal(count(ldns_pkt_authority(plain), true), 0);
    if (c->type != LDNS_RR_TYPE_NSEC)
        assert_int_equal(count(ldns_pkt_answer(plain), true), 0);
    ldns_pkt_free(plain);
}

static void check_question(const struct version *version, const struct table *table,
                           const ldns_rdf *name, ldns_rr_type type)
{
    struct case_ c = {.version = version, .name = name, .type = type};

    c.last = follow(version, c.name, type);
    c.response = ask(table, c.name, type, true);
    c.nsecs = ldns_pkt_rr_list_by_type(c.response, LDNS_RR_TYPE_NSEC, LDNS_SECTION_AUTHORITY);
    check_answer(&c);
    check_plain(&c, table);
    ldns_rr_list_deep_free(c.nsecs);
    ldns_pkt_free(c.response);
}

/* Asks for addresses of every name that has any record. */
static void ask_owners(const struct version *version, const struct table *table)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(version->zone->records); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(version->zone->records, i));

        check_question(version, table, owner, LDNS_RR_TYPE_A);
        check_question(version, table, owner, LDNS_RR_TYPE_AAAA);
    }
}

static void ask_at_random(const struct version *version, const struct table *table, uint32_t *seed)
{
    char relative[RANDOM_NAME_MAX], text[128];
    ldns_rdf *name;

    random_name(seed, relative, RANDOM_DEPTH + 1);
    snprintf(text, sizeof text, "%s.geT.example.oRg.", relative);
    name = ldns_dname_new_frm_str(text);
    check_question(version, table, name, types[random_below(seed, LENGTH(types))]);
    check_question(version, table, version->zone->apex, types[random_below(seed, LENGTH(types))]);
    ldns_rdf_deep_free(name);
}

static void random_zones(void **state)
{
    uint32_t seed = 20261121;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    for (unsigned z = 0; z < ZONES; z++) {
        struct signed_zone zone = random_zone(state, &seed);
        const struct version *version = &zone.version;
        struct table *table;

        assert_int_equal(compile_table(&version, 1, "dc1", &table), 0);
        ask_owners(version, table);
        for (unsigned q = 0; q < QUESTIONS; q++)
            ask_at_random(version, table, &seed);
        table_free(table);
        signed_zone_done(&zone);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(random_zones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
