/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "health/judge.h"

static void feed(struct judge *judge, uint32_t rise, uint32_t fall, const char *verdicts)
{
    for (; *verdicts; verdicts++)
        judge_verdict(judge, rise, fall, *verdicts == '+');
}

static void first_verdict_decides(void **state)
{
    struct judge up = {0}, down = {0};

    (void)state;
    feed(&up, 3, 2, "+");
    feed(&down, 3, 2, "-");
    assert_int_equal(up.health, HEALTH_UP);
    assert_int_equal(down.health, HEALTH_DOWN);
}

static void turns_after_a_run(void **state)
{
    static const struct {
        const char *verdicts;
        enum health health;
    } cases[] = {
        {"+-", HEALTH_UP},      {"+--", HEALTH_DOWN},      {"+-+-+-+-", HEALTH_UP},
        {"-++", HEALTH_DOWN},   {"-+++", HEALTH_UP},       {"-++-++", HEALTH_DOWN},
        {"+--+++-", HEALTH_UP}, {"+--+++--", HEALTH_DOWN}, {"-++-+++", HEALTH_UP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge judge = {0};

        feed(&judge, 3, 2, cases[i].verdicts);
        if (judge.health != cases[i].health)
            fail_msg("after %s: %d", cases[i].verdicts, judge.health);
    }
}

static void alarm_does_not_wait(void **state)
{
    struct judge judge = {0};

    (void)state;
    feed(&judge, 3, 2, "+++");
    judge_alarm(&judge);
    assert_int_equal(judge.health, HEALTH_DOWN);
    feed(&judge, 3, 2, "++");
    judge_alarm(&judge);
    feed(&judge, 3, 2, "++");
    assert_int_equal(judge.health, HEALTH_DOWN);
    feed(&judge, 3, 2, "+");
    assert_int_equal(judge.health, HEALTH_UP);
}

static void hurries_once_one_has_failed(void **state)
{
    struct judge judge = {0};

    (void)state;
    feed(&judge, 3, 2, "+");
    assert_false(judge_in_doubt(&judge));
    feed(&judge, 3, 2, "-");
    assert_true(judge_in_doubt(&judge));
    feed(&judge, 3, 2, "+");
    assert_false(judge_in_doubt(&judge));
    feed(&judge, 3, 2, "--");
    assert_true(judge_in_doubt(&judge));
    feed(&judge, 3, 2, "++");
    assert_true(judge_in_doubt(&judge));
    feed(&judge, 3, 2, "+");
    assert_false(judge_in_doubt(&judge));
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
        struct judge judge = {0};

        for (int i = 0; i < 300; i++) {
            enum health before = judge.health;
            bool pass = test_random(&seed) % 100 < bias;

            passes = pass ? passes + 1 : 0;
            fails = pass ? 0 : fails + 1;
            judge_verdict(&judge, rise, fall, pass);
            assert_false(judge.health == HEALTH_UNKNOWN);
            assert_false(fails >= fall && judge.health == HEALTH_UP);
            assert_false(passes >= rise && judge.health == HEALTH_DOWN);
            if (before == HEALTH_UP && judge.health == HEALTH_DOWN)
                assert_int_equal(fails, fall);
            if (before == HEALTH_DOWN && judge.health == HEALTH_UP)
                assert_int_equal(passes, rise);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_verdict_decides), cmocka_unit_test(turns_after_a_run),
        cmocka_unit_test(alarm_does_not_wait),   cmocka_unit_test(hurries_once_one_has_failed),
        cmocka_unit_test(random_sequences),
    };

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
