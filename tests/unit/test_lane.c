/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"

/* Jobs write down their letters here; each may have to pass the gate first. */
static char done[64];
static sem_t gate, reached;
static _Atomic int failures;

struct letter {
    struct lane_job job;
    char letter;
    bool hangs, fails;
};

static int run_letter(struct lane_job *job)
{
    const struct letter *l = (const struct letter *)job;

    if (l->hangs) {
        sem_post(&reached);
        sem_wait(&gate);
    }
    if (l->fails && atomic_fetch_sub(&failures, 1) > 0)
        return -1;
    done[strlen(done)] = l->letter;
    return 0;
}

static struct lane_job *letter(char c, const char *key)
{
    struct letter *l = calloc(1, sizeof *l);

    assert_non_null(l);
    l->job = (struct lane_job){.key = key, .run = run_letter};
    l->letter = c;
    return &l->job;
}

/* A lane whose thread hangs in a first job, 'a'. */
static struct lane *hanging(size_t max)
{
    struct lane *lane = lane_new(max, NULL);
    struct lane_job *first = letter('a', "first");

    assert_non_null(lane);
    ((struct letter *)first)->hangs = true;
    assert_true(lane_put(lane, first));
    sem_wait(&reached);
    return lane;
}

static int set_up(void **state)
{
    (void)state;
    memset(done, 0, sizeof done);
    sem_init(&gate, 0, 0);
    sem_init(&reached, 0, 0);
    return 0;
}

static void in_order(void **state)
{
    struct lane *lane = lane_new(8, NULL);

    (void)state;
    for (char c = 'a'; c <= 'e'; c++)
        assert_true(lane_put(lane, letter(c, NULL)));
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "abcde");
}

static void who_asks_does_not_wait(void **state)
{
    struct lane *lane = hanging(3);

    (void)state;
    assert_true(lane_put(lane, letter('b', NULL)));
    assert_true(lane_put(lane, letter('c', NULL)));
    assert_false(lane_put(lane, letter('d', NULL)));
    assert_false(lane_wait(lane, 10));
    assert_string_equal(done, "");
    sem_post(&gate);
    assert_true(lane_wait(lane, 10000));
    assert_true(lane_put(lane, letter('e', NULL)));
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "abce");
}

static void a_newer_one_replaces_what_waits(void **state)
{
    struct lane *lane = hanging(4);

    (void)state;
    lane_put(lane, letter('b', "x"));
    lane_put(lane, letter('c', "y"));
    lane_put(lane, letter('d', "x"));
    lane_put(lane, letter('e', "first")); /* the one that runs is not replaced */
    lane_put(lane, letter('f', "x"));
    sem_post(&gate);
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "acef");
}

static void what_fails_is_tried_again(void **state)
{
    struct lane *lane = lane_new(4, NULL);
    struct lane_job *job = letter('a', "x");

    (void)state;
    atomic_store(&failures, 2);
    ((struct letter *)job)->fails = true;
    lane_put(lane, job);
    lane_put(lane, letter('b', "y"));
    assert_true(lane_wait(lane, 20000));
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "ba");
}

static void what_failed_is_replaced(void **state)
{
    struct lane *lane = lane_new(4, NULL);
    struct lane_job *job = letter('a', "x");

    (void)state;
    atomic_store(&failures, 1000);
    ((struct letter *)job)->fails = true;
    lane_put(lane, job);
    while (atomic_load(&failures) == 1000)
        lane_wait(lane, 1);
    lane_put(lane, letter('b', "x"));
    assert_true(lane_wait(lane, 20000));
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "b");
}

static void failures_do_not_keep_it_from_ending(void **state)
{
    struct lane *lane = lane_new(4, NULL);
    struct lane_job *job = letter('a', NULL);

    (void)state;
    atomic_store(&failures, 1000);
    ((struct letter *)job)->fails = true;
    lane_put(lane, job);
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "");
}

static void the_end_waits_only_so_long(void **state)
{
    struct lane *lane = hanging(4);

    (void)state;
    assert_false(lane_free(lane, 10));
    sem_post(&gate);
    assert_true(lane_free(lane, -1));
    assert_string_equal(done, "a");
}

static _Atomic int idles;

static void count_idle(void)
{
    atomic_fetch_add(&idles, 1);
}

static void says_when_nothing_is_left(void **state)
{
    struct lane *lane = lane_new(4, count_idle);

    (void)state;
    lane_put(lane, letter('a', NULL));
    assert_true(lane_free(lane, -1));
    assert_int_equal(atomic_load(&idles), 1);
}

static void without_a_lane_at_once(void **state)
{
    (void)state;
    assert_true(lane_put(NULL, letter('a', NULL)));
    assert_string_equal(done, "a");
    assert_true(lane_free(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(in_order, set_up),
        cmocka_unit_test_setup(who_asks_does_not_wait, set_up),
        cmocka_unit_test_setup(a_newer_one_replaces_what_waits, set_up),
        cmocka_unit_test_setup(what_fails_is_tried_again, set_up),
        cmocka_unit_test_setup(what_failed_is_replaced, set_up),
        cmocka_unit_test_setup(failures_do_not_keep_it_from_ending, set_up),
        cmocka_unit_test_setup(the_end_waits_only_so_long, set_up),
        cmocka_unit_test_setup(says_when_nothing_is_left, set_up),
        cmocka_unit_test_setup(without_a_lane_at_once, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
