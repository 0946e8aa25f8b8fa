/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rrl.h"

static const uint8_t victim[4] = {192, 0, 2, 1};

enum { START_MS = 1000000 };

static struct rrl *rrl_with(uint32_t rate)
{
    struct rrl *rrl = NULL;

    assert_int_equal(rrl_new(rate, &rrl), 0);
    return rrl;
}

/* How many of n answers to one IPv4 address at one moment are sent in full. */
static unsigned sent(struct rrl *rrl, const uint8_t *address, unsigned n, uint64_t now_ms)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n; i++)
        count += rrl_account(rrl, address, 4, RRL_ANSWER, now_ms) == RRL_SEND;
    return count;
}

static void burst_is_a_second_of_the_rate(void **state)
{
    static const uint32_t rates[] = {1, 2, 3, 7, 100, 1000, 30000, 100000, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct rrl *rrl = rrl_with(rates[i]);

        assert_int_equal(sent(rrl, victim, 2 * rates[i], START_MS), rates[i]);
        rrl_free(rrl);
    }
}

static void rate_holds_over_time(void **state)
{
    struct rrl *rrl = rrl_with(100);
    unsigned total = 0;

    (void)state;
    for (uint64_t t = 0; t < 60000; t++)
        total += sent(rrl, victim, 10, START_MS + t); /* 10,000 a second */
    assert_in_range(total, 100 + 59 * 100, 100 + 60 * 100);
    rrl_free(rrl);
}

static void below_the_rate_nothing_is_limited(void **state)
{
    struct rrl *rrl = rrl_with(100);

    (void)state;
    for (uint64_t t = 0; t < 60000; t += 10)
        assert_int_equal(sent(rrl, victim, 1, START_MS + t), 1);
    rrl_free(rrl);
}

static void budget_comes_back(void **state)
{
    struct rrl *rrl = rrl_with(100);

    (void)state;
    sent(rrl, victim, 1000, START_MS);
    assert_int_equal(sent(rrl, victim, 1000, START_MS + 500), 50);
    assert_int_equal(sent(rrl, victim, 1000, START_MS + 60000), 100);
    rrl_free(rrl);
}

static void every_second_limited_answer_slips(void **state)
{
    struct rrl *rrl = rrl_with(10);

    (void)state;
    sent(rrl, victim, 10, START_MS);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(rrl_account(rrl, victim, 4, RRL_ANSWER, START_MS),
                         i % 2 ? RRL_SLIP : RRL_DROP);
    rrl_free(rrl);
}

static void kinds_have_budgets_of_their_own(void **state)
{
    static const enum rrl_kind kinds[] = {RRL_ANSWER, RRL_NEGATIVE, RRL_ERROR};
    struct rrl *rrl = rrl_with(10);

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (unsigned i = 0; i < 10; i++)
            assert_int_equal(rrl_account(rrl, victim, 4, kinds[k], START_MS), RRL_SEND);
        assert_int_not_equal(rrl_account(rrl, victim, 4, kinds[k], START_MS), RRL_SEND);
    }
    rrl_free(rrl);
}

static void ipv4_prefix_is_24(void **state)
{
    static const uint8_t same[4] = {192, 0, 2, 255}, other[4] = {192, 0, 3, 1};
    struct rrl *rrl = rrl_with(10);

    (void)state;
    sent(rrl, victim, 10, START_MS);
    assert_int_equal(sent(rrl, same, 10, START_MS), 0);
    assert_int_equal(sent(rrl, other, 10, START_MS), 10);
    rrl_free(rrl);
}

static void ipv6_prefix_is_56(void **state)
{
    uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x9a};
    struct rrl *rrl = rrl_with(1);

    (void)state;
    assert_int_equal(rrl_account(rrl, address, 16, RRL_ANSWER, START_MS), RRL_SEND);
    address[7] ^= 0xff;
    assert_int_not_equal(rrl_account(rrl, address, 16, RRL_ANSWER, START_MS), RRL_SEND);
    for (int i = 0; i < 7; i++) {
        address[i] ^= 1;
        assert_int_equal(rrl_account(rrl, address, 16, RRL_ANSWER, START_MS), RRL_SEND);
        address[i] ^= 1;
    }
    rrl_free(rrl);
}

/* 192.0.2.0/24 and an IPv6 prefix of the same octets. */
static void families_do_not_mix(void **state)
{
    static const uint8_t ipv6[16] = {0, 0, 0, 0, 192, 0, 2};
    struct rrl *rrl = rrl_with(1);

    (void)state;
    sent(rrl, victim, 10, START_MS);
    assert_int_equal(rrl_account(rrl, ipv6, 16, RRL_ANSWER, START_MS), RRL_SEND);
    rrl_free(rrl);
}

static void nth_prefix(unsigned n, uint8_t *address)
{
    address[0] = (uint8_t)(n >> 16);
    address[1] = (uint8_t)(n >> 8);
    address[2] = (uint8_t)n;
    address[3] = 1;
}

/* Who shares a set with others never pays for them: the table forgets rather than mix up. */
static void nobody_pays_for_another(void **state)
{
    struct rrl *rrl = rrl_with(1);
    unsigned charged = 0;

    (void)state;
    for (unsigned n = 1; n <= 20000; n++) {
        uint8_t address[4];

        nth_prefix(n, address);
        charged += sent(rrl, address, 1, START_MS) == 0;
    }
    assert_int_equal(charged, 0);
    rrl_free(rrl);
}

/* Consecutive prefixes are the likeliest regular pattern. With 16,384 entries in sets of 4, of
 * 4,000 prefixes (a quarter) all but a few find a place. */
static void neighbours_spread_over_the_table(void **state)
{
    struct rrl *rrl = rrl_with(1);
    unsigned forgotten = 0;
    uint8_t address[4];

    (void)state;
    for (unsigned n = 0; n < 4000; n++) {
        nth_prefix(n, address);
        sent(rrl, address, 1, START_MS);
    }
    for (unsigned n = 0; n < 4000; n++) {
        nth_prefix(n, address);
        forgotten += sent(rrl, address, 1, START_MS);
    }
    assert_in_range(forgotten, 0, 200);
    rrl_free(rrl);
}

/* An attacker who forges a hundred thousand other sources between two packets to the victim. */
static void the_limited_are_not_forgotten_for_others(void **state)
{
    struct rrl *rrl = rrl_with(100);
    unsigned n = 1, victims = 0;

    (void)state;
    victims += sent(rrl, victim, 200, START_MS);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 100000; i++, n++) {
            uint8_t address[4];

            nth_prefix(n % 0x1000000, address);
            if (memcmp(address, victim, 3))
                sent(rrl, address, 1, START_MS);
        }
        victims += sent(rrl, victim, 200, START_MS);
    }
    assert_int_equal(victims, 100);
    rrl_free(rrl);
}

static void rate_of_none_is_refused(void **state)
{
    struct rrl *rrl = NULL;

    (void)state;
    assert_int_equal(rrl_new(0, &rrl), -EINVAL);
    assert_null(rrl);
    rrl_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_is_a_second_of_the_rate),
        cmocka_unit_test(rate_holds_over_time),
        cmocka_unit_test(below_the_rate_nothing_is_limited),
        cmocka_unit_test(budget_comes_back),
        cmocka_unit_test(every_second_limited_answer_slips),
        cmocka_unit_test(kinds_have_budgets_of_their_own),
        cmocka_unit_test(ipv4_prefix_is_24),
        cmocka_unit_test(ipv6_prefix_is_56),
        cmocka_unit_test(families_do_not_mix),
        cmocka_unit_test(nobody_pays_for_another),
        cmocka_unit_test(neighbours_spread_over_the_table),
        cmocka_unit_test(the_limited_are_not_forgotten_for_others),
        cmocka_unit_test(rate_of_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
