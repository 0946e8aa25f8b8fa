/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health/check.h"

static uint64_t later_ms; /* than the loop's time is it for the module */

uint64_t __real_uv_now(const uv_loop_t *loop);
uint64_t __wrap_uv_now(const uv_loop_t *loop);

uint64_t __wrap_uv_now(const uv_loop_t *loop)
{
    return __real_uv_now(loop) + later_ms;
}

/* A probe that does what its script says, one letter a round: + pass, - fail, ! cannot ask, all at
 * once; p passes on the loop's next turn; h hangs until it is cancelled, u the same before it could
 * ask. The last letter repeats. */
struct scripted {
    struct probe probe;
    uv_loop_t *loop;
    uv_timer_t timer;
    const char *script;
    bool running, unasked;
    int rounds, cancels, overlaps;
    int *freed;
};

static void turn(struct scripted *s, enum probe_result result)
{
    static const char *const reasons[] = {"bad", "fine", "busy"};

    s->running = false;
    probe_end(&s->probe, result, "%s", reasons[result]);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data, PROBE_PASS);
}

static void start(struct probe *probe)
{
    struct scripted *s = (struct scripted *)probe;
    char letter = *s->script;

    if (s->script[1])
        s->script++;
    s->overlaps += s->running;
    s->running = true;
    s->rounds++;
    if (letter == 'p')
        uv_timer_start(&s->timer, on_timer, 0, 0);
    else if (letter == 'u')
        s->unasked = true;
    else if (letter != 'h')
        turn(s, letter == '+' ? PROBE_PASS : letter == '-' ? PROBE_FAIL : PROBE_UNMADE);
}

static const char *cancel(struct probe *probe)
{
    struct scripted *s = (struct scripted *)probe;

    uv_timer_stop(&s->timer);
    s->running = false;
    probe->unmade = s->unasked;
    s->unasked = false;
    s->cancels++;
    return "Godot";
}

static void on_closed(uv_handle_t *handle)
{
    struct scripted *s = handle->data;

    ++*s->freed;
    free(s);
}

static void destroy(struct probe *probe)
{
    struct scripted *s = (struct scripted *)probe;

    uv_close((uv_handle_t *)&s->timer, on_closed);
}

static const struct probe_class class = {start, cancel, destroy, NULL};

/* A check on a loop that stops after a number of results. */
struct bench {
    uv_loop_t loop;
    struct conf_check pace;
    struct scripted *probe;
    struct check *check;
    int results, wanted, freed;
    char history[64]; /* the health after each result */
};

static void on_result(void *userdata)
{
    struct bench *b = userdata;

    b->history[b->results++ % 63] = "?-+"[check_rise_fall(b->check)->health];
    if (b->results == b->wanted)
        uv_stop(&b->loop);
}

static struct bench *bench_new(const char *script)
{
    struct bench *b = calloc(1, sizeof *b);

    uv_loop_init(&b->loop);
    b->pace = (struct conf_check){
        .interval_ms = 4, .fast_interval_ms = 2, .timeout_ms = 5, .fall = 2, .rise = 3};
    b->probe = calloc(1, sizeof *b->probe);
    b->probe->probe.class = &class;
    b->probe->script = script;
    b->probe->freed = &b->freed;
    uv_timer_init(&b->loop, &b->probe->timer);
    b->probe->timer.data = b->probe;
    assert_int_equal(check_new(&b->loop, NULL, &b->pace, &b->probe->probe, on_result, b, &b->check),
                     0);
    return b;
}

static void run(struct bench *b, int results)
{
    b->wanted = b->results + results;
    uv_run(&b->loop, UV_RUN_DEFAULT);
}

static void bench_free(struct bench *b)
{
    check_free(b->check);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(b->freed, 1);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    free(b);
}

static void judges_round_by_round(void **state)
{
    struct bench *b = bench_new("+-p--+p+");

    (void)state;
    assert_int_equal(check_rise_fall(b->check)->health, HEALTH_UNKNOWN);
    run(b, 8);
    assert_string_equal(b->history, "++++---+");
    assert_int_equal(b->probe->overlaps, 0);
    bench_free(b);
}

static void deadline_ends_a_probe_that_hangs(void **state)
{
    struct bench *b = bench_new("+hh");

    (void)state;
    run(b, 3);
    assert_int_equal(b->probe->cancels, 2);
    assert_int_equal(check_rise_fall(b->check)->health, HEALTH_DOWN);
    assert_string_equal(check_reason(b->check), "timeout: waited 5 ms for Godot");
    assert_false(check_passed(b->check));
    assert_int_equal(b->probe->overlaps, 0);
    bench_free(b);
}

/* They neither count nor interrupt the counting. */
static void rounds_that_could_not_be_made(void **state)
{
    struct bench *b = bench_new("!+!u!!-!-!+!u+!+!");

    (void)state;
    run(b, 17);
    assert_string_equal(b->history, "?+++++++-------++");
    bench_free(b);
}

/* After long enough nobody knows any more whether the web server works. */
static void rounds_that_could_not_be_made_for_long(void **state)
{
    struct bench *b = bench_new("+!");

    (void)state;
    run(b, 3);
    assert_int_equal(check_rise_fall(b->check)->health, HEALTH_UP);
    later_ms = check_unmade_max_ms(&b->pace) - 1000;
    run(b, 1);
    assert_int_equal(check_rise_fall(b->check)->health, HEALTH_UP);
    later_ms += 2000;
    run(b, 2);
    assert_int_equal(check_rise_fall(b->check)->health, HEALTH_DOWN);
    assert_false(check_rise_fall(b->check)->alarmed); /* else a site that answers over one family is
                                                         not well when the other cannot be asked */
    assert_false(check_passed(b->check));
    assert_non_null(strstr(check_reason(b->check), "could not be made for 11 s: busy"));
    bench_free(b);
    later_ms = 0;
}

static void bound_of_rounds_that_could_not_be_made(void **state)
{
    const struct conf_check pace = {.fast_interval_ms = 250, .timeout_ms = 1000, .fall = 2};

    (void)state;
    assert_int_equal(check_unmade_max_ms(&pace), 10000 + 2 * 1250);
}

static void reason_belongs_to_the_health(void **state)
{
    struct bench *b = bench_new("+-+---");

    (void)state;
    run(b, 2);
    assert_string_equal(check_reason(b->check), "fine");
    assert_false(check_passed(b->check));
    run(b, 3);
    assert_string_equal(check_reason(b->check), "bad");
    bench_free(b);
}

/* A check that a reload leaves alone goes on under its new owner: in the middle of a round, and
 * with what it knows. */
static void another_owner(void **state)
{
    struct bench *b = bench_new("+--h"), *new = bench_new("+");

    (void)state;
    run(b, 3);
    while (!b->probe->running)
        uv_run(&b->loop, UV_RUN_ONCE);
    check_adopt(b->check, &new->pace, on_result, new);
    assert_true(b->probe->running);
    assert_int_equal(check_rise_fall(b->check)->health, HEALTH_DOWN);
    assert_string_equal(check_reason(b->check), "bad");
    while (!new->results)
        uv_run(&b->loop, UV_RUN_ONCE);
    assert_int_equal(b->results, 3);
    assert_int_equal(b->probe->cancels, 1);
    bench_free(b);
    bench_free(new);
}

/* However often it changes its owner, the next round comes; a new interval counts at once. */
static void owners_that_change_all_the_time(void **state)
{
    struct bench *b = bench_new("+");
    struct conf_check slow = b->pace;

    (void)state;
    slow.interval_ms = slow.fast_interval_ms = 3600000;
    check_adopt(b->check, &slow, on_result, b);
    run(b, 1);
    check_adopt(b->check, &b->pace, on_result, b);
    b->wanted = 5;
    while (b->results < b->wanted) {
        check_adopt(b->check, &b->pace, on_result, b);
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    bench_free(b);
}

static void freed_while_running(void **state)
{
    struct bench *b = bench_new("+h");

    (void)state;
    b->pace.timeout_ms = 3600000;
    run(b, 1);
    while (!b->probe->running)
        uv_run(&b->loop, UV_RUN_ONCE);
    bench_free(b);
}

static void lateness_is_seen(void **state)
{
    struct bench *b = bench_new("+");
    uint64_t now;

    (void)state;
    run(b, 1);
    now = uv_now(&b->loop);
    assert_true(check_on_time(b->check, now));
    assert_false(check_on_time(b->check, now + 10000));
    bench_free(b);
}

static void delays_are_jittered(void **state)
{
    const struct conf_check pace = {.interval_ms = 1000, .fast_interval_ms = 50};
    uint32_t seed = 99, least = UINT32_MAX, most = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint32_t slow = check_delay_ms(&pace, false, test_random(&seed));

        assert_in_range(check_delay_ms(&pace, true, test_random(&seed)), 45, 50);
        least = slow < least ? slow : least;
        most = slow > most ? slow : most;
    }
    assert_int_equal(least, 900);
    assert_int_equal(most, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_round_by_round),
        cmocka_unit_test(deadline_ends_a_probe_that_hangs),
        cmocka_unit_test(rounds_that_could_not_be_made),
        cmocka_unit_test(rounds_that_could_not_be_made_for_long),
        cmocka_unit_test(bound_of_rounds_that_could_not_be_made),
        cmocka_unit_test(reason_belongs_to_the_health),
        cmocka_unit_test(another_owner),
        cmocka_unit_test(owners_that_change_all_the_time),
        cmocka_unit_test(freed_while_running),
        cmocka_unit_test(lateness_is_seen),
        cmocka_unit_test(delays_are_jittered),
    };

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
