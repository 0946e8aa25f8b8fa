/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "health/hold.h"

static const struct conf_policy policy = {.hold_down_ms = 10000, .hold_down_max_ms = 60000};

static void never_in_service_is_not_held(void **state)
{
    struct hold hold = {0};

    (void)state;
    assert_false(hold_update(&hold, &policy, false, 1000));
    assert_true(hold_update(&hold, &policy, true, 1001));
}

static void each_relapse_doubles(void **state)
{
    static const uint32_t lengths[] = {10000, 20000, 40000, 60000, 60000};
    struct hold hold = {0};
    uint64_t now = 5;

    (void)state;
    assert_true(hold_update(&hold, &policy, true, now));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_false(hold_update(&hold, &policy, false, ++now));
        assert_int_equal(hold.until_ms - now, lengths[i]);
        assert_false(hold_update(&hold, &policy, true, hold.until_ms - 1));
        now = hold.until_ms;
        assert_true(hold_update(&hold, &policy, true, now));
    }
}

static void quiet_service_forgets(void **state)
{
    struct hold hold = {0};

    (void)state;
    hold_update(&hold, &policy, true, 0);
    hold_update(&hold, &policy, false, 1);
    hold_update(&hold, &policy, true, 10001);
    hold_update(&hold, &policy, false, 10001 + 59999);
    assert_int_equal(hold.length_ms, 20000);
    hold_update(&hold, &policy, true, 90000);
    hold_update(&hold, &policy, false, 90000 + 60000);
    assert_int_equal(hold.length_ms, 10000);
}

/* Never in service while down, never back before the hold-down's end, always back once up after
 * it, and the hold-down stays within its bounds. */
static void random_sequences(void **state)
{
    uint32_t seed = 4711;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        uint32_t min = test_random(&seed) % 20000, max = min + test_random(&seed) % 100000;
        struct conf_policy p = {.hold_down_ms = min, .hold_down_max_ms = max};
        struct hold hold = {0};
        uint64_t now = test_random(&seed), withdrawn = 0;
        bool was = false;

        for (int i = 0; i < 300; i++) {
            bool up = test_random(&seed) % 4 != 0, is;

            now += test_random(&seed) % 9000;
            is = hold_update(&hold, &p, up, now);
            if (is)
                assert_true(up);
            if (was && !is) {
                withdrawn = now;
                assert_in_range(hold.length_ms, min, max);
            }
            if (!was && is && withdrawn)
                assert_true(now - withdrawn >= min);
            if (up && now >= hold.until_ms)
                assert_true(is);
            was = is;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_in_service_is_not_held),
        cmocka_unit_test(each_relapse_doubles),
        cmocka_unit_test(quiet_service_forgets),
        cmocka_unit_test(random_sequences),
    };

    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
