/* SPDX-License-Identifier: ISC */
/* What changes from one survey to the next, and the last hour. */
#include "test.h"

#include <string.h>

#include "check/history.h"

enum { BEGIN = 1800000000 }; /* the first second of a minute */

struct scene {
    struct conf_site site;
    struct conf conf;
    struct site_result result;
    struct survey survey;
    struct history history;
};

static struct scene *scene_new(void)
{
    static char id[] = "dc1";
    static const struct address address = {.family = AF_INET};
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->site.id = id;
    s->conf.n_sites = 1;
    s->conf.sites = &s->site;
    s->result.site = &s->site;
    s->result.state = SITE_SERVING;
    s->result.n = 1;
    s->result.places[0].address = &address;
    s->result.places[0].web[0].outcome = WEB_ANSWERED;
    s->result.places[0].web[0].status = 200;
    s->survey.request.expected.conf = &s->conf;
    s->survey.request.urls = (struct web_urls){.n = 1, .at = {"http://x/"}};
    s->survey.sites = &s->result;
    return s;
}

static void scene_free(struct scene *s)
{
    report_done(&s->survey.report);
    history_done(&s->history);
    free(s);
}

static void add(struct scene *s, time_t after)
{
    assert_int_equal(history_add(&s->history, &s->survey, BEGIN + after), 0);
}

static const char *last_change(const struct scene *s)
{
    return history_change(&s->history, s->history.n_changes - 1)->text;
}

static uint8_t minute(const struct scene *s, size_t ago)
{
    return s->history.sites[0].minutes[HISTORY_MINUTES - 1 - ago];
}

static void test_states(void **state)
{
    struct scene *s = scene_new();
    const struct history_site *site = &s->history.sites[0];

    (void)state;
    add(s, 0);
    assert_string_equal(last_change(s), "dc1 is serving");
    assert_true(site->ever && site->since == BEGIN);
    add(s, 10);
    assert_int_equal(s->history.n_changes, 1);
    s->result.state = SITE_FAILING;
    add(s, 20);
    assert_string_equal(last_change(s), "dc1 is failing, and was serving");
    assert_true(!site->ever && site->since == BEGIN + 20);
    scene_free(s);
}

static void test_web(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    add(s, 0);
    s->result.places[0].web[0].outcome = WEB_UNREACHABLE;
    add(s, 10);
    assert_string_equal(last_change(s), "dc1: http://x/ gets unreachable, and got 200");
    assert_int_equal(minute(s, 0), MARK_WRONG);
    scene_free(s);
}

static void test_findings_come_and_go(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    add(s, 0);
    report_add_at(&s->survey.report, SEVERITY_ERROR, "lame", "dc1", "fix", "bad");
    report_add(&s->survey.report, SEVERITY_NOTE, "failing", 0, "fix", "noted");
    add(s, 1);
    add(s, 2);
    assert_int_equal(s->history.n_changes, 2);
    assert_string_equal(last_change(s), "error: bad (dc1). [lame]");
    report_done(&s->survey.report);
    add(s, 3);
    assert_string_equal(last_change(s), "over: error: bad (dc1). [lame]");
    scene_free(s);
}

/* The worst of a minute counts, minutes without a survey are empty, older ones than an hour gone.
 */
static void test_hour(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    add(s, 0);
    assert_int_equal(minute(s, 0), MARK_SERVING);
    s->result.state = SITE_LAST_RESORT;
    add(s, 59);
    s->result.state = SITE_SERVING;
    add(s, 59);
    assert_int_equal(minute(s, 0), MARK_AWAY);
    add(s, 3 * 60);
    assert_int_equal(minute(s, 0), MARK_SERVING);
    assert_int_equal(minute(s, 1), MARK_NONE);
    assert_int_equal(minute(s, 3), MARK_AWAY);
    add(s, 2 * 60); /* the clock was set back */
    assert_int_equal(minute(s, 3), MARK_AWAY);
    add(s, 59 * 60);
    assert_int_equal(minute(s, 59), MARK_AWAY);
    add(s, 60 * 60);
    assert_int_equal(minute(s, 57), MARK_SERVING);
    add(s, 1000 * 60);
    for (size_t i = 1; i < HISTORY_MINUTES; i++)
        assert_int_equal(minute(s, i), MARK_NONE);
    scene_free(s);
}

static void test_changes_are_bounded(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    for (time_t i = 0; i < 1000; i++) {
        s->result.state = i % 2 ? SITE_SERVING : SITE_STANDBY;
        add(s, i);
    }
    assert_int_equal(s->history.n_changes, 1000);
    assert_int_equal(history_first_change(&s->history), 1000 - HISTORY_CHANGES);
    assert_int_equal(history_change(&s->history, 900)->at, BEGIN + 900);
    assert_string_equal(last_change(s), "dc1 is serving, and was standby");
    scene_free(s);
}

static void test_marks(void **state)
{
    static const enum history_mark marks[] = {
        [SITE_UNKNOWN] = MARK_WRONG,   [SITE_FAILING] = MARK_AWAY,
        [SITE_LAME] = MARK_WRONG,      [SITE_LAST_RESORT] = MARK_AWAY,
        [SITE_STANDBY] = MARK_STANDBY, [SITE_SERVING] = MARK_SERVING};
    struct scene *s = scene_new();

    (void)state;
    for (enum site_state each = SITE_UNKNOWN; each <= SITE_SERVING; each++) {
        s->result.state = each;
        assert_int_equal(history_mark(&s->survey, &s->result), marks[each]);
    }
    s->result.places[0].web[0].outcome = WEB_NO_ROUTE;
    assert_int_equal(history_mark(&s->survey, &s->result), MARK_SERVING);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_web),
        cmocka_unit_test(test_findings_come_and_go),
        cmocka_unit_test(test_hour),
        cmocka_unit_test(test_changes_are_bounded),
        cmocka_unit_test(test_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
