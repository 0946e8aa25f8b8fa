/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <string.h>

#include "health/gate.h"

enum { NOW = 100000, OWN = 20 };

/*
 * One row of the truth table. checks: one letter a check, peers: one a peer; + up, - down, ? not
 * known yet. Peers marked with capital letters come before this site: A up, D down, U unknown.
 */
struct row {
    const char *checks, *peers;
    bool held, last_resort;
    enum gate_order order;
    enum health inherited;
    enum zone_state state;
    const char *reason; /* a part of it */
};

static enum health health_of(char c)
{
    return strchr("+A", c) ? HEALTH_UP : strchr("-D", c) ? HEALTH_DOWN : HEALTH_UNKNOWN;
}

static enum zone_state decide(const struct row *row, char *reason)
{
    struct conf_policy policy = {.last_resort = row->last_resort};
    struct gate_check checks[4];
    struct gate_peer peers[4];
    struct gate_input in = {
        .policy = &policy,
        .order = row->order,
        .preference = OWN,
        .n_checks = strlen(row->checks),
        .n_peers = strlen(row->peers),
        .checks = checks,
        .peers = peers,
        .inherited = row->inherited,
        .held_until_ms = row->held ? NOW + 1500 : NOW,
    };

    for (size_t i = 0; i < in.n_checks; i++)
        checks[i] =
            (struct gate_check){i ? "second" : "", health_of(row->checks[i]), "HTTP status N"};
    for (size_t i = 0; i < in.n_peers; i++)
        peers[i] = (struct gate_peer){"dc2", strchr("ADU", row->peers[i]) ? 10 : OWN,
                                      health_of(row->peers[i])};
    return gate_decide(&in, NOW, reason);
}

static const struct row table[] = {
    /* The checks alone. */
    {"?", "", 0, 0, 0, 0, ZONE_STARTING, "first result"},
    {"+", "", 0, 0, 0, 0, ZONE_SERVING, "check: HTTP status N"},
    {"-", "", 0, 0, 0, 0, ZONE_FAILING, "check: HTTP status N"},
    {"++", "", 0, 0, 0, 0, ZONE_SERVING, "all 2 checks pass"},
    {"+-", "", 0, 0, 0, 0, ZONE_FAILING, "check second: HTTP status N"},
    {"+?", "", 0, 0, 0, 0, ZONE_STARTING, "first result"},
    {"-?", "", 0, 0, 0, 0, ZONE_FAILING, "check: "},
    /* Hold-down. */
    {"+", "", 1, 0, 0, 0, ZONE_FAILING, "hold-down lasts 1.5 s"},
    {"-", "", 1, 0, 0, 0, ZONE_FAILING, "check: HTTP status N"},
    /* A check that is new since a reload changes nothing before its result. */
    {"?", "", 0, 0, 0, HEALTH_UP, ZONE_SERVING, "check: "},
    {"+?", "", 0, 0, 0, HEALTH_UP, ZONE_SERVING, "all 2"},
    {"+?", "", 0, 0, 0, HEALTH_DOWN, ZONE_FAILING, "before the reload"},
    {"-?", "", 0, 0, 0, HEALTH_UP, ZONE_FAILING, "check: "},
    /* Standby: any better site that answers is enough; one that is not known is waited for. */
    {"+", "A", 0, 0, 0, 0, ZONE_STANDBY, "site dc2 answers"},
    {"+", "DA", 0, 0, 0, 0, ZONE_STANDBY, "site dc2 answers"},
    {"+", "UA", 0, 0, 0, 0, ZONE_STANDBY, "site dc2 answers"},
    {"+", "D", 0, 0, 0, 0, ZONE_SERVING, "check: "},
    {"+", "U", 0, 0, 0, 0, ZONE_STARTING, "asking site dc2"},
    {"+", "DU", 0, 0, 0, 0, ZONE_STARTING, "asking site dc2"},
    /* A site that a reload made known is no reason to fall silent until it is heard of. */
    {"+", "U", 0, 0, 0, HEALTH_UP, ZONE_SERVING, "check: "},
    {"+", "UA", 0, 0, 0, HEALTH_UP, ZONE_STANDBY, "site dc2 answers"},
    {"+", "+", 0, 0, 0, 0, ZONE_SERVING, "check: "},
    {"-", "A", 0, 0, 0, 0, ZONE_FAILING, "check: "},
    {"-", "D", 0, 0, 0, 0, ZONE_FAILING, "check: "},
    {"+", "A", 1, 0, 0, 0, ZONE_FAILING, "hold-down"},
    /* Last resort: only when it is known that nobody answers. */
    {"-", "--", 0, 1, 0, 0, ZONE_LAST_RESORT, "no other site answers"},
    {"-", "-+", 0, 1, 0, 0, ZONE_FAILING, "check: "},
    {"-", "-?", 0, 1, 0, 0, ZONE_FAILING, "check: "},
    {"-", "DD", 0, 1, 0, 0, ZONE_LAST_RESORT, "no other site answers"},
    {"-", "AD", 0, 1, 0, 0, ZONE_FAILING, "check: "},
    {"-", "", 0, 1, 0, 0, ZONE_LAST_RESORT, "no other site answers"},
    {"+", "--", 1, 1, 0, 0, ZONE_LAST_RESORT, "hold-down"},
    {"+", "-+", 1, 1, 0, 0, ZONE_FAILING, "hold-down"},
    {"+", "--", 0, 1, 0, 0, ZONE_SERVING, "check: "},
    {"+", "??", 0, 1, 0, 0, ZONE_SERVING, "check: "},
    {"?", "--", 0, 1, 0, 0, ZONE_STARTING, "first result"},
    /* Orders come before everything. */
    {"+", "", 0, 0, GATE_EXPIRED, 0, ZONE_EXPIRED, "signatures"},
    {"-", "--", 0, 1, GATE_EXPIRED, 0, ZONE_EXPIRED, "signatures"},
    {"+", "", 0, 0, GATE_DRAIN, 0, ZONE_DRAINING, "planned"},
    {"?", "", 0, 0, GATE_STOP, 0, ZONE_STOPPING, "stop"},
};

static void truth_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char reason[GATE_REASON_MAX];
        enum zone_state got = decide(&table[i], reason);

        if (got != table[i].state || !strstr(reason, table[i].reason))
            fail_msg("row %zu (checks %s, peers %s): %s: %s", i, table[i].checks, table[i].peers,
                     zone_state_name(got), reason);
    }
}

static void asks_only_whom_it_needs(void **state)
{
    const struct conf_policy plain = {0}, last_resort = {.last_resort = true};

    (void)state;
    assert_true(gate_needs_peer(&plain, 20, 10));
    assert_false(gate_needs_peer(&plain, 10, 10));
    assert_false(gate_needs_peer(&plain, 10, 20));
    assert_true(gate_needs_peer(&last_resort, 10, 20));
}

static void long_reasons_are_cut(void **state)
{
    struct conf_policy policy = {0};
    char long_text[1000], name[CONF_SITE_ID_MAX + 1], reason[GATE_REASON_MAX];
    struct gate_check check = {name, HEALTH_DOWN, long_text};
    struct gate_input in = {.policy = &policy, .n_checks = 1, .checks = &check};

    (void)state;
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(gate_decide(&in, NOW, reason), ZONE_FAILING);
    assert_true(strlen(reason) < sizeof reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_table),
        cmocka_unit_test(asks_only_whom_it_needs),
        cmocka_unit_test(long_reasons_are_cut),
    };

    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
