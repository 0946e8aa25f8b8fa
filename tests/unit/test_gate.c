/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "gate_scene.h"

static const struct row table[] = {
    /* The checks alone. */
    {"?", "", "", 0, 0, ZONE_STARTING, "", "first result"},
    {"+", "", "", 0, 0, ZONE_SERVING, "o", "check: HTTP status N"},
    {"-", "", "", 0, 0, ZONE_FAILING, "", "check: HTTP status N"},
    {"p", "", "", 0, 0, ZONE_FAILING, "", "check: passes again, 1 of 3; before: HTTP status N"},
    {"++", "", "", 0, 0, ZONE_SERVING, "o", "all 2 checks pass"},
    {"+-", "", "", 0, 0, ZONE_FAILING, "", "check second: HTTP status N"},
    {"+?", "", "", 0, 0, ZONE_STARTING, "", "first result"},
    {"-?", "", "", 0, 0, ZONE_FAILING, "", "check: "},
    /* Hold-down. */
    {"+", "", "", 1, 0, ZONE_FAILING, "", "pass again; out until the hold-down of 1.5 s ends"},
    {"-", "", "", 1, 0, ZONE_FAILING, "", "check: HTTP status N"},
    /* What the operator says. */
    {"?", "", "I", 0, 0, ZONE_SERVING, "o", "the operator said `sitensctl in`"},
    {"-", "", "I", 0, 0, ZONE_SERVING, "o", "sitensctl in`, although check: HTTP status N"},
    {"-", "A", "Ish", 0, 0, ZONE_SERVING, "o", "the operator said"},
    {"+", "", "I", 1, 0, ZONE_SERVING, "o", "the operator said"},
    {"+", "", "O", 0, 0, ZONE_OUT, "", "the operator said `sitensctl out`"},
    {"?", "", "O", 0, 0, ZONE_OUT, "", "the operator said"},
    {"+", "A+1", "Oh", 0, 0, ZONE_OUT, "A", "the operator said"},
    {"-", "--", "Ol", 0, 0, ZONE_OUT, "", "the operator said"},
    {"+", "", "M", 0, 0, ZONE_OUT, "", "out until `sitensctl in get.example.org`"},
    {"-", "", "M", 0, 0, ZONE_FAILING, "", "check: HTTP status N"},
    {"+", "", "M", 1, 0, ZONE_FAILING, "", "until the hold-down"},
    {"+", "A+", "Mh", 0, 0, ZONE_OUT, "A", "return = manual"},
    {"+", "--", "Ml", 0, 0, ZONE_LAST_RESORT, "o", "no other site answers"},
    /* A check that is new since a reload changes nothing before its result. */
    {"?", "", "", 0, HEALTH_UP, ZONE_SERVING, "o", "passed before the reload"},
    {"+?", "", "", 0, HEALTH_UP, ZONE_SERVING, "o", "passed before the reload"},
    {"+?", "", "", 0, HEALTH_DOWN, ZONE_FAILING, "", "failed before the reload"},
    {"-?", "", "", 0, HEALTH_UP, ZONE_FAILING, "", "check: "},
    /* Standby: any better site that is well is enough; one that is not known is waited for. */
    {"+", "A", "", 0, 0, ZONE_STANDBY, "A", "site dc2 answers"},
    {"+", "DA", "", 0, 0, ZONE_STANDBY, "A", "site dc3 answers"},
    {"+", "UA", "", 0, 0, ZONE_STANDBY, "A", "site dc3 answers"},
    {"+", "AA", "", 0, 0, ZONE_STANDBY, "A", "site dc2 answers"},
    {"+", "A+1", "hs", 0, 0, ZONE_STANDBY, "A", "site dc2 answers"},
    {"+", "D", "", 0, 0, ZONE_SERVING, "o", "check: "},
    {"+", "U", "", 0, 0, ZONE_STARTING, "", "asking site dc2"},
    {"+", "DU", "", 0, 0, ZONE_STARTING, "", "asking site dc3"},
    {"+", "A", "f", 0, 0, ZONE_STANDBY, "A", "site dc2 answers"},
    /* A site that a reload made known is no reason to fall silent until it is heard of. */
    {"+", "U", "", 0, HEALTH_UP, ZONE_SERVING, "o", "check: "},
    {"+", "UA", "", 0, HEALTH_UP, ZONE_STANDBY, "A", "site dc3 answers"},
    {"+", "+", "", 0, 0, ZONE_SERVING, "o", "check: "},
    {"-", "A", "", 0, 0, ZONE_FAILING, "", "check: "},
    {"-", "D", "", 0, 0, ZONE_FAILING, "", "check: "},
    {"+", "A", "", 1, 0, ZONE_FAILING, "", "hold-down"},
    /* answer = serving: its equals too, if they are well. */
    {"+", "+", "s", 0, 0, ZONE_SERVING, "o+", "check: "},
    {"+", "+-", "s", 0, 0, ZONE_SERVING, "o+", "check: "},
    {"+", "+x", "s", 0, 0, ZONE_SERVING, "o+", "check: "},
    {"+", "+?", "s", 0, 0, ZONE_SERVING, "o+", "check: "},
    {"+", "++1", "s", 0, 0, ZONE_SERVING, "o+", "check: "},
    {"+", "D1", "s", 0, 0, ZONE_SERVING, "o", "check: "},
    {"-", "+", "s", 0, 0, ZONE_FAILING, "", "check: "},
    /* withdraw = hand-over: to the best that are well. */
    {"-", "+", "h", 0, 0, ZONE_FAILING, "+", "check: HTTP status N"},
    {"-", "+1", "h", 0, 0, ZONE_FAILING, "+", "check: "},
    {"-", "A+1", "h", 0, 0, ZONE_FAILING, "A", "check: "},
    {"-", "D-1", "h", 0, 0, ZONE_FAILING, "1", "check: "},
    {"-", "U+", "h", 0, 0, ZONE_FAILING, "+", "check: "},
    {"-", "-", "h", 0, 0, ZONE_FAILING, "", "no other site answers"},
    {"-", "x", "h", 0, 0, ZONE_FAILING, "", "no other site answers"},
    {"-", "?", "h", 0, 0, ZONE_FAILING, "", "check: "},
    {"+", "+", "h", 1, 0, ZONE_FAILING, "+", "hold-down"},
    {"+", "+", "h", 0, 0, ZONE_SERVING, "o", "check: "},
    {"?", "+", "h", 0, 0, ZONE_STARTING, "", "first result"},
    /* Last resort: only when it is known that nobody is well. */
    {"-", "--", "l", 0, 0, ZONE_LAST_RESORT, "o", "no other site answers"},
    {"-", "-x", "l", 0, 0, ZONE_LAST_RESORT, "o", "no other site answers"},
    {"-", "-+", "l", 0, 0, ZONE_FAILING, "", "check: "},
    {"-", "-+", "lh", 0, 0, ZONE_FAILING, "+", "check: "},
    {"-", "--", "lh", 0, 0, ZONE_LAST_RESORT, "o", "no other site answers"},
    {"-", "-?", "l", 0, 0, ZONE_FAILING, "", "check: "},
    {"-", "DD", "l", 0, 0, ZONE_LAST_RESORT, "o", "no other site answers"},
    {"-", "AD", "l", 0, 0, ZONE_FAILING, "", "check: "},
    {"-", "", "l", 0, 0, ZONE_LAST_RESORT, "o", "no other site answers"},
    {"+", "--", "l", 1, 0, ZONE_LAST_RESORT, "o", "hold-down"},
    {"+", "-+", "l", 1, 0, ZONE_FAILING, "", "hold-down"},
    {"+", "--", "l", 0, 0, ZONE_SERVING, "o", "check: "},
    {"+", "??", "l", 0, 0, ZONE_SERVING, "o", "check: "},
    {"?", "--", "l", 0, 0, ZONE_STARTING, "", "first result"},
};

static struct answer_set wanted(const struct row *row)
{
    struct answer_set set = {0};

    if (strchr(row->answers, 'o'))
        set.v4 |= 1;
    for (size_t i = 0; row->peers[i]; i++)
        if (strchr(row->answers, row->peers[i]))
            set.v4 |= UINT64_C(1) << (i + 1);
    return set;
}

static void truth_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(table); i++) {
        struct gate_decision d = decide(&table[i]);

        if (d.state != table[i].state || !strstr(d.reason, table[i].reason) ||
            !answer_set_equal(d.answers, wanted(&table[i])))
            fail_msg("row %zu (checks %s, peers %s, policy %s): %s, %#" PRIx64 ": %s", i,
                     table[i].checks, table[i].peers, table[i].policy, zone_state_name(d.state),
                     d.answers.v4, d.reason);
    }
}

/* Whatever is known: only a site that is well is not marked, and only those are given, besides this
 * one as the last resort. */
static void what_follows_from_the_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(table); i++) {
        const struct row *row = &table[i];
        struct gate_decision d = decide(row);
        bool gives_own = d.answers.v4 & 1;

        assert_int_equal(d.well, d.state == ZONE_SERVING || d.state == ZONE_STANDBY);
        assert_int_equal(gives_own, d.state == ZONE_SERVING || d.state == ZONE_LAST_RESORT);
        assert_int_equal(d.standby, d.state == ZONE_STANDBY);
        assert_int_equal(d.servfail, d.state == ZONE_FAILING && strchr(row->policy, 'f'));
        assert_int_equal(d.again_ms, row->held && !strchr(row->checks, '-') ? NOW + 500 : 0);
        for (size_t k = 0; row->peers[k]; k++)
            if (d.answers.v4 >> (k + 1) & 1)
                assert_non_null(strchr("+A1", row->peers[k]));
    }
}

/* They come before everything. */
static void expired_and_stopping(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(table); i++) {
        struct scene s;
        struct gate_decision d;

        set_scene(&s, &table[i]);
        s.in.expired = "the signatures have expired";
        gate_step(&s.gate, &s.in, NOW, &d);
        assert_int_equal(d.state, ZONE_EXPIRED);
        assert_string_equal(d.reason, s.in.expired);
        assert_true(answer_set_is_empty(d.answers) && !d.servfail && !d.well);
        s.in.stopping = true;
        gate_step(&s.gate, &s.in, NOW, &d);
        assert_int_equal(d.state, ZONE_STOPPING);
        assert_true(answer_set_is_empty(d.answers) && !d.servfail && !d.well);
    }
}

/*
 * Sites by family. A letter for each site's IPv4 and IPv6: + answers, - does not, ? is not known, x
 * says that it is not ready, . it has no such address. own: which families this site has.
 */
static void families(void **state)
{
    static const struct {
        const char *policy, *check, *peers[3];
        uint64_t v4, v6; /* given: bit 0 this site, then the peers */
    } cases[] = {
        /* An address whose nameserver does not answer over its family is not given... */
        {"h", "-", {"++", "+-"}, 6, 2},
        {"h", "-", {"-+", "++"}, 4, 6},
        {"s", "+", {"+-", "++"}, 7, 5},
        {"s", "+", {"+?", "++"}, 7, 5},
        /* ...unless no other of the family is left: then who is well by the other is trusted. */
        {"h", "-", {"+-", "+-"}, 6, 6},
        {"h", "-", {"-+"}, 2, 2},
        {"h", "-", {"+?"}, 2, 2},
        {"s", "+", {"+-"}, 3, 1},
        {"h", "-", {"+-", "--"}, 2, 2},
        /* A site has to be well at all. */
        {"h", "-", {"--", "?-"}, 0, 0},
        {"h", "-", {"x+", "+x"}, 0, 0},
        {"s", "+", {"x+", "++"}, 5, 5},
        /* What a site does not have cannot be given. */
        {"h", "-", {"+.", ".+"}, 2, 4},
        {"h", "-", {"+."}, 2, 0},
        {"h", "-", {".-"}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct row row = {.checks = cases[i].check, .peers = "", .policy = cases[i].policy};
        struct scene s;
        struct gate_decision d;

        set_scene(&s, &row);
        add_address(&s.sites[0], AF_INET6);
        for (size_t k = 0; k < LENGTH(cases[i].peers) && cases[i].peers[k]; k++) {
            const char *peer = cases[i].peers[k];
            struct conf_site *site = &s.sites[s.conf.n_sites];

            *site = (struct conf_site){.id = s.sites[0].id, .preference = OWN};
            if (peer[0] != '.')
                add_address(site, AF_INET);
            if (peer[1] != '.')
                add_address(site, AF_INET6);
            s.peers[s.conf.n_sites++] = (struct gate_peer){result_of(peer[0]), result_of(peer[1])};
        }
        gate_step(&s.gate, &s.in, NOW, &d);
        if (d.answers.v4 != cases[i].v4 || d.answers.v6 != cases[i].v6)
            fail_msg("case %zu: %#" PRIx64 " and %#" PRIx64, i, d.answers.v4, d.answers.v6);
    }
}

static void asks_only_whom_it_needs(void **state)
{
    static const struct {
        const char *policy;
        const char *asked; /* of a better, an equal and a worse site */
    } cases[] = {
        {"", "A"}, {"f", "A"}, {"s", "A+"}, {"h", "A+1"}, {"l", "A+1"}, {"sf", "A+"}, {"sh", "A+1"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        static const char peers[] = "A+1";
        struct row row = {.checks = "+", .peers = peers, .policy = cases[i].policy};
        struct scene s;

        set_scene(&s, &row);
        assert_false(gate_asks_peer(&s.conf, 0, 0));
        for (size_t k = 0; peers[k]; k++)
            assert_int_equal(gate_asks_peer(&s.conf, 0, k + 1),
                             strchr(cases[i].asked, peers[k]) != NULL);
    }
}

/* The hold-down begins when the site goes out of service, and time alone ends it. */
static void steps_through_a_failure(void **state)
{
    static const struct row row = {.checks = "+", .peers = "", .policy = ""};
    struct scene s;
    struct gate_decision d;

    (void)state;
    set_scene(&s, &row);
    gate_step(&s.gate, &s.in, NOW, &d);
    assert_int_equal(d.state, ZONE_SERVING);
    s.checks[0].result.health = HEALTH_DOWN;
    gate_step(&s.gate, &s.in, NOW + 10, &d);
    assert_int_equal(d.state, ZONE_FAILING);
    assert_int_equal(d.again_ms, 0);
    s.checks[0].result.health = HEALTH_UP;
    gate_step(&s.gate, &s.in, NOW + 20, &d);
    assert_int_equal(d.state, ZONE_FAILING);
    assert_int_equal(d.again_ms, NOW + 10 + 1500);
    gate_step(&s.gate, &s.in, d.again_ms, &d);
    assert_int_equal(d.state, ZONE_SERVING);
    assert_int_equal(d.again_ms, 0);
}

static void reload_carries_health_and_hold_down(void **state)
{
    static const struct row row = {.checks = "?", .peers = "", .policy = ""};
    struct scene s;
    struct gate_decision d;
    struct gate before = {.hold = {.length_ms = 1500, .until_ms = NOW + 700}, .health = HEALTH_UP};

    (void)state;
    set_scene(&s, &row);
    gate_carry_over(&s.gate, &before);
    gate_step(&s.gate, &s.in, NOW, &d);
    assert_int_equal(d.state, ZONE_FAILING);
    assert_int_equal(d.again_ms, NOW + 700);
    gate_step(&s.gate, &s.in, NOW + 700, &d);
    assert_int_equal(d.state, ZONE_SERVING);
}

static void long_reasons_are_cut(void **state)
{
    static const struct row row = {.checks = "-", .peers = "", .policy = ""};
    char long_text[1000], name[CONF_SITE_ID_MAX + 1];
    struct scene s;
    struct gate_decision d;

    (void)state;
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    set_scene(&s, &row);
    s.checks[0].reason = long_text;
    s.conf_checks[0].name = name;
    gate_step(&s.gate, &s.in, NOW, &d);
    assert_int_equal(d.state, ZONE_FAILING);
    assert_true(strlen(d.reason) < sizeof d.reason);
}

/* By return = manual only a site that was in service is held, and only until the policy changes. */
static void fails_once_and_is_held(void **state)
{
    const struct row row = {"+", "", "", 0, 0, ZONE_SERVING, "o", ""};
    struct gate_decision d;
    struct scene s;

    (void)state;
    set_scene(&s, &row);
    s.conf.policy.comeback = CONF_RETURN_MANUAL;
    s.checks[0].result = result_of('-');
    gate_step(&s.gate, &s.in, NOW, &d);
    assert_int_equal(d.override, GATE_AUTO);
    s.checks[0].result = result_of('+');
    gate_step(&s.gate, &s.in, NOW, &d);
    assert_int_equal(d.state, ZONE_SERVING);
    s.checks[0].result = result_of('-');
    gate_step(&s.gate, &s.in, NOW, &d);
    assert_int_equal(d.state, ZONE_FAILING);
    assert_int_equal(d.override, GATE_HELD);
    s.checks[0].result = result_of('+');
    gate_step(&s.gate, &s.in, NOW + 5000, &d);
    assert_int_equal(d.state, ZONE_OUT);
    assert_false(d.well);
    s.conf.policy.comeback = CONF_RETURN_AUTOMATIC;
    gate_step(&s.gate, &s.in, NOW + 5000, &d);
    assert_int_equal(d.state, ZONE_SERVING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_table),
        cmocka_unit_test(fails_once_and_is_held),
        cmocka_unit_test(what_follows_from_the_state),
        cmocka_unit_test(expired_and_stopping),
        cmocka_unit_test(families),
        cmocka_unit_test(asks_only_whom_it_needs),
        cmocka_unit_test(steps_through_a_failure),
        cmocka_unit_test(reload_carries_health_and_hold_down),
        cmocka_unit_test(long_reasons_are_cut),
    };

    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
