/* SPDX-License-Identifier: ISC */
/*
 * After any storm the sites must come to rest in the state, and with the answers, that the web
 * servers call for, and stay there; and during it, silence and wrong answers must not last.
 */
#include "sites.h"

#include <stdio.h>
#include <string.h>

static enum zone_state expected(const struct world *w, size_t self)
{
    uint32_t best = UINT32_MAX;

    for (size_t i = 0; i < w->conf.n_sites; i++)
        if (w->sites[i].web && w->conf_sites[i].preference < best)
            best = w->conf_sites[i].preference;
    if (w->sites[self].web)
        return w->conf_sites[self].preference == best ? ZONE_SERVING : ZONE_STANDBY;
    return w->conf.policy.last_resort && best == UINT32_MAX ? ZONE_LAST_RESORT : ZONE_FAILING;
}

static uint64_t expected_answers(const struct world *w, size_t self)
{
    enum zone_state state = expected(w, self);
    uint64_t serving = 0, own = UINT64_C(1) << self;

    for (size_t i = 0; i < w->conf.n_sites; i++)
        if (expected(w, i) == ZONE_SERVING)
            serving |= UINT64_C(1) << i;
    if (state == ZONE_SERVING)
        return w->conf.policy.answer == CONF_ANSWER_SERVING ? serving : own;
    if (state == ZONE_LAST_RESORT)
        return own;
    return state == ZONE_STANDBY || w->conf.policy.withdraw == CONF_WITHDRAW_HAND_OVER ? serving
                                                                                       : 0;
}

/* Under every policy; every third time all web servers fail together, which under hand-over must
 * end in silence: nobody is left who could be handed over to. */
static void comes_to_rest_after_a_storm(void **state)
{
    uint32_t seed = 31337;

    (void)state;
    for (int round = 0; round < 90; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        sites_run(&w, 1000, STORM_MS, 1000, NULL);
        sites_calm(&w, round % 3 ? test_random(&seed) : 0);
        sites_run(&w, STORM_MS + 1000, SETTLE_MS, 0, NULL);
        sites_run(&w, STORM_MS + SETTLE_MS + 1000, REST_MS, 0, NULL);
        if (w.changes)
            fail_msg("round %d: %u changes at rest", round, w.changes);
        for (size_t i = 0; i < w.conf.n_sites; i++) {
            const struct gate_decision *d = &w.sites[i].decision;

            if (d->state != expected(&w, i) || d->answers.v4 != expected_answers(&w, i) ||
                d->answers.v6 != expected_answers(&w, i))
                fail_msg("round %d, site %zu: %s with %#" PRIx64 " and %#" PRIx64
                         ", not %s with %#" PRIx64,
                         round, i, zone_state_name(d->state), d->answers.v4, d->answers.v6,
                         zone_state_name(expected(&w, i)), expected_answers(&w, i));
        }
    }
}

/* A site whose web server has worked for longer than any hold-down answers, or lets another answer
 * that it has heard of; and so somebody answers. */
static void somebody_answers(const struct world *w, uint64_t now)
{
    bool answered = false, well = false;

    for (size_t i = 0; i < w->conf.n_sites; i++) {
        const struct site *s = &w->sites[i];

        answered = answered || sites_answering(s);
        well = well || (s->web && !s->dead &&
                        now > s->web_since + HOLD_MAX_MS + NOTICE_WEB_MS + NOTICE_PEER_MS);
    }
    if (well && !answered)
        fail_msg("at %" PRIu64 " ms all are silent although one is well", now);
}

static void silence_is_bounded(void **state)
{
    uint32_t seed = 1618;

    (void)state;
    for (int round = 0; round < 90; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        w.loss_percent = 0; /* of requests to the own web server, too */
        sites_run(&w, 1000, 4 * STORM_MS, 4000, somebody_answers);
    }
}

/* Nobody gives the address of a site for longer than it takes to notice: the site that its web
 * server fails, and the others that the site says so, or nothing. As the last resort a site gives
 * its own. */
static void nobody_gives_a_dead_address(const struct world *w, uint64_t now)
{
    for (size_t i = 0; i < w->conf.n_sites; i++) {
        const struct gate_decision *d = &w->sites[i].decision;

        for (size_t k = 0; k < w->conf.n_sites; k++)
            if (answer_set_has_site(d->answers, k) && !w->sites[k].web &&
                now > w->sites[k].web_since + NOTICE_WEB_MS + (i == k ? 0 : NOTICE_PEER_MS) &&
                d->state != ZONE_LAST_RESORT)
                fail_msg("at %" PRIu64 " ms site %zu still gives the address of %zu", now, i, k);
    }
}

static void bad_addresses_are_bounded(void **state)
{
    uint32_t seed = 2718;

    (void)state;
    for (int round = 0; round < 90; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        w.loss_percent = 0;
        sites_run(&w, 1000, 4 * STORM_MS, 4000, nobody_gives_a_dead_address);
    }
}

/* The host of one site dies, or is cut off: how long do others give its address? */
static void dead_hosts_are_noticed(void **state)
{
    uint32_t seed = 577;

    (void)state;
    for (int round = 0; round < 90; round++) {
        struct world w;
        size_t dead;

        sites_make(&w, test_random(&seed));
        sites_calm(&w, UINT32_MAX);
        sites_run(&w, 1000, SETTLE_MS, 0, NULL);
        dead = sites_random(&w, (uint32_t)w.conf.n_sites);
        w.sites[dead].dead = true;
        sites_run(&w, SETTLE_MS + 1000, NOTICE_PEER_MS, 0, NULL);
        for (size_t i = 0; i < w.conf.n_sites; i++)
            if (i != dead && answer_set_has_site(w.sites[i].decision.answers, dead))
                fail_msg("round %d: site %zu still gives the address of %zu", round, i, dead);
    }
}

/* A site that fails can hand over at once, to a standby too: that is well, and so not marked. */
static void somebody_is_handed_over_to(const struct world *w, uint64_t now)
{
    for (size_t i = 0; i < w->conf.n_sites; i++)
        if (w->sites[i].decision.state == ZONE_FAILING && !sites_answering(&w->sites[i]))
            fail_msg("at %" PRIu64 " ms site %zu has nobody to hand over to", now, i);
}

static void failing_site_is_never_silent(void **state)
{
    uint32_t seed = 1732;

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        w.conf.policy.withdraw = CONF_WITHDRAW_HAND_OVER;
        sites_calm(&w, UINT32_MAX);
        sites_run(&w, 1000, SETTLE_MS, 0, NULL);
        w.sites[sites_random(&w, (uint32_t)w.conf.n_sites)].web = false;
        sites_run(&w, SETTLE_MS + 1000, REST_MS, 0, somebody_is_handed_over_to);
    }
}

/* All web servers fail at the same time. Sites that hand over to each other are both marked, so
 * that neither is well for the other, and both are silent as soon as that is noticed. */
static void mutual_hand_over_ends(void **state)
{
    uint32_t seed = 1414;

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        w.conf.policy.withdraw = CONF_WITHDRAW_HAND_OVER;
        w.conf.policy.last_resort = false;
        sites_calm(&w, UINT32_MAX);
        sites_run(&w, 1000, SETTLE_MS, 0, NULL);
        sites_calm(&w, 0);
        sites_run(&w, SETTLE_MS + 1000, NOTICE_WEB_MS + 2 * NOTICE_PEER_MS, 0, NULL);
        for (size_t i = 0; i < w.conf.n_sites; i++)
            assert_false(sites_answering(&w.sites[i]));
    }
}

/* Sites cut off from each other must not leave the name without an answer: here every link fails
 * at once, while some web servers work, or none does and last-resort is set. */
static void partition_leaves_an_answer(void **state)
{
    uint32_t seed = 271828;

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        w.conf.policy.last_resort = true;
        sites_run(&w, 1000, STORM_MS, 1000, NULL);
        sites_calm(&w, round % 3 ? 1 + test_random(&seed) % 3 : 0);
        sites_run(&w, STORM_MS + 1000, SETTLE_MS, 0, NULL);
        memset(w.cut, 1, sizeof w.cut);
        sites_run(&w, STORM_MS + SETTLE_MS + 1000, REST_MS, 0, NULL);
        assert_int_equal(w.silent_steps, 0);
        for (size_t i = 0; i < w.conf.n_sites; i++) {
            const struct gate_decision *d = &w.sites[i].decision;

            assert_int_equal(d->state, w.sites[i].web ? ZONE_SERVING : ZONE_LAST_RESORT);
            assert_int_equal(d->answers.v4, UINT64_C(1) << i);
        }
    }
}

/* With one packet in 20 lost for good, sites may now and then misjudge their web servers, but
 * hardly each other; the name still has an answer all the time, and changes stay rare: fewer than
 * one a site and minute. */
static void loss_does_not_silence_the_name(void **state)
{
    uint32_t seed = 161803;
    unsigned changes = 0, sites = 0;

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct world w;

        sites_make(&w, test_random(&seed));
        w.conf.policy.last_resort = true;
        sites_run(&w, 1000, STORM_MS, 1000, NULL);
        sites_calm(&w, round % 2 ? UINT32_MAX : 0);
        sites_run(&w, STORM_MS + 1000, SETTLE_MS, 0, NULL);
        w.loss_percent = 5;
        sites_run(&w, STORM_MS + SETTLE_MS + 1000, REST_MS, 0, NULL);
        assert_int_equal(w.silent_steps, 0);
        changes += w.changes;
        sites += (unsigned)w.conf.n_sites;
    }
    print_message("# %u changes of %u sites in a minute each\n", changes, sites);
    assert_true(changes < sites);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_to_rest_after_a_storm),
        cmocka_unit_test(silence_is_bounded),
        cmocka_unit_test(bad_addresses_are_bounded),
        cmocka_unit_test(dead_hosts_are_noticed),
        cmocka_unit_test(failing_site_is_never_silent),
        cmocka_unit_test(mutual_hand_over_ends),
        cmocka_unit_test(partition_leaves_an_answer),
        cmocka_unit_test(loss_does_not_silence_the_name),
    };

    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
