/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "health/rise_fall.h"

static void feed(struct rise_fall *rise_fall, uint32_t rise, uint32_t fall, const char *results)
{
    for (; *results; results++)
        rise_fall_result(rise_fall, rise, fall, *results == '+');
}

static void first_result_decides(void **state)
{
    struct rise_fall up = {0}, down = {0};

    (void)state;
    feed(&up, 3, 2, "+");
    feed(&down, 3, 2, "-");
    assert_int_equal(up.health, HEALTH_UP);
    assert_int_equal(down.health, HEALTH_DOWN);
}

static void turns_after_a_run(void **state)
{
    static const struct {
        const char *results;
        enum health health;
    } cases[] = {
        {"+-", HEALTH_UP},      {"+--", HEALTH_DOWN},      {"+-+-+-+-", HEALTH_UP},
        {"-++", HEALTH_DOWN},   {"-+++", HEALTH_UP},       {"-++-++", HEALTH_DOWN},
        {"+--+++-", HEALTH_UP}, {"+--+++--", HEALTH_DOWN}, {"-++-+++", HEALTH_UP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rise_fall rise_fall = {0};

        feed(&rise_fall, 3, 2, cases[i].results);
        if (rise_fall.health != cases[i].health)
            fail_msg("after %s: %d", cases[i].results, rise_fall.health);
    }
}

static void alarm_does_not_wait(void **state)
{
    struct rise_fall rise_fall = {0};

    (void)state;
    feed(&rise_fall, 3, 2, "+++");
    rise_fall_alarm(&rise_fall);
    assert_int_equal(rise_fall.health, HEALTH_DOWN);
    feed(&rise_fall, 3, 2, "++");
    rise_fall_alarm(&rise_fall);
    feed(&rise_fall, 3, 2, "++");
    assert_int_equal(rise_fall.health, HEALTH_DOWN);
    feed(&rise_fall, 3, 2, "+");
    assert_int_equal(rise_fall.health, HEALTH_UP);
}

/* An alarm is remembered until something else is known: health, or a failure that is no alarm. */
static void alarm_is_told_apart(void **state)
{
    struct rise_fall rise_fall = {0};

    (void)state;
    feed(&rise_fall, 3, 2, "+--");
    assert_false(rise_fall.alarmed);
    rise_fall_alarm(&rise_fall);
    feed(&rise_fall, 3, 2, "++");
    assert_true(rise_fall.alarmed);
    feed(&rise_fall, 3, 2, "+");
    assert_false(rise_fall.alarmed);
    rise_fall_alarm(&rise_fall);
    feed(&rise_fall, 3, 2, "-");
    assert_false(rise_fall.alarmed);
    assert_int_equal(rise_fall.health, HEALTH_DOWN);
}

static void hurries_once_one_has_failed(void **state)
{
    struct rise_fall rise_fall = {0};

    (void)state;
    feed(&rise_fall, 3, 2, "+");
    assert_false(rise_fall_in_doubt(&rise_fall));
    feed(&rise_fall, 3, 2, "-");
    assert_true(rise_fall_in_doubt(&rise_fall));
    feed(&rise_fall, 3, 2, "+");
    assert_false(rise_fall_in_doubt(&rise_fall));
    feed(&rise_fall, 3, 2, "--");
    assert_true(rise_fall_in_doubt(&rise_fall));
    feed(&rise_fall, 3, 2, "++");
    assert_true(rise_fall_in_doubt(&rise_fall));
    feed(&rise_fall, 3, 2, "+");
    assert_false(rise_fall_in_doubt(&rise_fall));
}

/* Whatever comes: down after `fall` failures in a row, up after `rise` passes in a row, and no
 * change of health but by such a run. */
static void random_sequences(void **state)
{
    uint32_t seed = 20150131;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        uint32_t rise = 1 + test_random(&seed) % 6, fall = 1 + test_random(&seed) % 6;
        uint32_t bias = test_random(&seed) % 101, passes = 0, fails = 0;
        struct rise_fall rise_fall = {0};

        for (int i = 0; i < 300; i++) {
            enum health before = rise_fall.health;
            bool pass = test_random(&seed) % 100 < bias;

            passes = pass ? passes + 1 : 0;
            fails = pass ? 0 : fails + 1;
            rise_fall_result(&rise_fall, rise, fall, pass);
            assert_false(rise_fall.health == HEALTH_UNKNOWN);
            assert_false(fails >= fall && rise_fall.health == HEALTH_UP);
            assert_false(passes >= rise && rise_fall.health == HEALTH_DOWN);
            if (before == HEALTH_UP && rise_fall.health == HEALTH_DOWN)
                assert_int_equal(fails, fall);
            if (before == HEALTH_DOWN && rise_fall.health == HEALTH_UP)
                assert_int_equal(passes, rise);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_result_decides),        cmocka_unit_test(turns_after_a_run),
        cmocka_unit_test(alarm_does_not_wait),         cmocka_unit_test(alarm_is_told_apart),
        cmocka_unit_test(hurries_once_one_has_failed), cmocka_unit_test(random_sequences),
    };

    return cmocka_run_group_tests_name("rise_fall", tests, NULL, NULL);
}
