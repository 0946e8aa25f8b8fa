/* SPDX-License-Identifier: ISC */
/* The one way in which answers become others: made beside what is served, then committed. */
#include "signed_zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/update.h"
#include "dns/keys.h"
#include "dns/sign.h"

static const time_t NOW = 1800000000, DAY = 86400;

enum { DUE, SIGNED, UNSIGNED, ZONES };

#define SITES                                                                                      \
    SITE "[site dc4]\nnameserver = ns4.example.org\naddress = 192.0.2.4 2001:db8::4\n" CHECK

/* A generation of three zones: the first is due to be signed at NOW. */
static struct generation *load(void **state)
{
    struct generation *g = calloc(1, sizeof *g);

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    for (; g->n_zones < ZONES; g->n_zones++) {
        struct generation_zone *z = &g->zones[g->n_zones];
        struct signed_zone made = signed_zone_load(
            state, g->n_zones == UNSIGNED ? ZONE SITES : ZONE "dnssec-key = k.private\n" SITES,
            NULL);

        if (made.zone->keys)
            made.zone->keys->newest = 0; /* whatever the clock of this host says */
        assert_int_equal(
            signed_zone_make(&made, signed_zone_own(&made), NOW - (g->n_zones == DUE ? DAY : 1)),
            0);
        z->conf = made.conf;
        z->self = made.conf->sites;
        z->zone = made.zone;
        z->version = made.version;
    }
    g->zones[DUE].version.signatures->again = NOW;
    return g;
}

static void check_valid(const struct generation *g)
{
    const char *why;

    for (size_t i = 0; i < ZONES; i++)
        assert_true(sign_is_valid(&g->zones[i].version, NOW, &why));
}

static void what_is_due_is_signed(void **state)
{
    struct generation *g = load(state);
    struct update *u = update_new(g, NOW);

    assert_int_equal(update_run(u), 0);
    assert_non_null(u->table);
    assert_true(sign_is_due(&g->zones[DUE].version, NOW)); /* nothing is changed yet */
    assert_int_equal(update_commit(u), 1);
    assert_false(sign_is_due(&g->zones[DUE].version, NOW));
    assert_int_equal(sign_expiry(&g->zones[DUE].version), NOW + SIGN_EXPIRY_S);
    assert_int_equal(sign_expiry(&g->zones[SIGNED].version), NOW - 1 + SIGN_EXPIRY_S);
    check_valid(g);
    update_free(u);
    generation_free(g);
}

/* Whatever fails between signing and the swap: what is served stays valid. */
static void what_was_not_put_in_place_is_forgotten(void **state)
{
    struct generation *g = load(state);
    static struct generation before;
    struct update *u = update_new(g, NOW);

    before = *g;
    u->zones[SIGNED].wanted = u->zones[UNSIGNED].wanted = answer_set_of_site(g->zones[0].conf, 1);
    assert_int_equal(update_run(u), 0);
    update_free(u);
    assert_memory_equal(g, &before, sizeof before);
    check_valid(g);
    assert_int_equal(sign_expiry(&g->zones[DUE].version), NOW - DAY + SIGN_EXPIRY_S);
    generation_free(g);
}

/* A zone that cannot be signed goes on as it is, and so do the others. */
static void zone_that_cannot_be_signed(void **state)
{
    struct generation *g = load(state);
    struct answer_set other = answer_set_of_site(g->zones[0].conf, 1);
    const struct version before = g->zones[DUE].version;
    ldns_rr *dnskey = ldns_rr_list_pop_rr(g->zones[DUE].zone->keys->published);
    struct update *u = update_new(g, NOW);

    u->zones[DUE].wanted = u->zones[SIGNED].wanted = other;
    assert_int_equal(update_run(u), 0);
    assert_int_equal(update_commit(u), 0);
    assert_true(u->zones[DUE].failed);
    assert_false(u->zones[SIGNED].failed);
    assert_memory_equal(&g->zones[DUE].version, &before, sizeof before);
    assert_true(answer_set_equal(generation_answers(g, SIGNED), other));
    check_valid(g);
    ldns_rr_list_push_rr(g->zones[DUE].zone->keys->published, dnskey);
    update_free(u);
    generation_free(g);
}

/* Of a generation that is not served yet there is nothing to go on with. */
static void first_signing_fails(void **state)
{
    struct generation *g = load(state);
    struct update *u;

    version_done(&g->zones[SIGNED].version);
    ldns_rr_free(ldns_rr_list_pop_rr(g->zones[SIGNED].zone->keys->published));
    u = update_new(g, NOW);
    assert_int_equal(update_run(u), -EBADMSG);
    assert_non_null(strstr(u->why, "cannot be signed"));
    update_free(u);
    generation_free(g);
}

static void table_has_the_answers_wanted(void **state)
{
    struct generation *g = load(state);
    struct update *u = update_new(g, NOW);
    ldns_rdf *name = ldns_dname_new_frm_str("get.example.org.");
    struct table_match match;

    /* The zones are namesakes here: the first one is found. */
    u->zones[DUE].wanted = answer_set_union(u->zones[DUE].wanted, (struct answer_set){2, 0});
    assert_int_equal(update_run(u), 0);
    assert_true(table_lookup(u->table, ldns_rdf_data(name), ldns_rdf_size(name), LDNS_RR_TYPE_A,
                             false, &match));
    assert_int_equal(match.answer->counts[WIRE_COUNTS_AN + 1], 2);
    assert_true(table_lookup(u->table, ldns_rdf_data(name), ldns_rdf_size(name), LDNS_RR_TYPE_AAAA,
                             false, &match));
    assert_int_equal(match.answer->counts[WIRE_COUNTS_AN + 1], 0);
    ldns_rdf_deep_free(name);
    update_free(u);
    generation_free(g);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(what_is_due_is_signed),
        CONF_FILE_TEST(what_was_not_put_in_place_is_forgotten),
        CONF_FILE_TEST(zone_that_cannot_be_signed),
        CONF_FILE_TEST(first_signing_fails),
        CONF_FILE_TEST(table_has_the_answers_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
