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

/* A finding in the round of that number, at these servers, and what it changes: lines. */
struct round {
    const char *tag;
    const char *where;
    const char *text;
    const char *changes;
};

static void expect_changes(const struct round *rounds, size_t n)
{
    struct scene *s = scene_new();

    add(s, 0);
    for (size_t i = 0; i < n; i++) {
        size_t before = s->history.n_changes;
        char lines[1000] = "";

        report_done(&s->survey.report);
        for (; i + 1 < n && !rounds[i].changes; i++)
            report_add_at(&s->survey.report, SEVERITY_ERROR, rounds[i].tag, rounds[i].where, "fix",
                          "%s", rounds[i].text);
        if (rounds[i].text)
            report_add_at(&s->survey.report, SEVERITY_ERROR, rounds[i].tag, rounds[i].where, "fix",
                          "%s", rounds[i].text);
        add(s, (time_t)i + 1);
        for (; before < s->history.n_changes; before++) {
            strcat(lines, history_change(&s->history, before)->text);
            strcat(lines, "\n");
        }
        assert_string_equal(lines, rounds[i].changes);
    }
    scene_free(s);
}

#define EXPECT_CHANGES(...)                                                                        \
    expect_changes((const struct round[]){__VA_ARGS__},                                            \
                   sizeof((const struct round[]){__VA_ARGS__}) / sizeof(struct round))

/* Whatever a finding counts or measures: it is the same one. */
static void test_figures_move(void **state)
{
    static const char *const texts[][2] = {
        {"the clock is at least 70 s ahead of this host's",
         "the clock is at least 9 s ahead of this host's"},
        {"http://x/ gets HTTP status 500", "http://x/ gets HTTP status 503"},
        {"another site file (serial 4294967295, here 7)", "another site file (serial 12, here 8)"},
        {"the referral lacks addresses of 3 of 13 sites",
         "the referral lacks addresses of 11 of 13 sites"},
        {"Failed to connect to 192.0.2.1 port 80 after 12 ms: no",
         "Failed to connect to 192.0.2.1 port 80 after 0 ms: no"},
        {"transfer closed with 1000 bytes left", "transfer closed with 99 bytes left"},
        {"gave up after 5", "gave up after 10"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char begun[200], over[200];

        snprintf(begun, sizeof begun, "error: %s (dc1). [t]\n", texts[i][0]);
        snprintf(over, sizeof over, "over: error: %s (dc1). [t]\n", texts[i][1]);
        EXPECT_CHANGES({"t", "dc1", texts[i][0], begun}, {"t", "dc1", texts[i][1], ""},
                       {"t", "dc1", texts[i][1], ""}, {NULL, NULL, NULL, over});
    }
}

/* What is no figure tells one finding from another. */
static void test_names_differ(void **state)
{
    (void)state;
    EXPECT_CHANGES(
        {"t", "p", "it lists ns1.example.org", "error: it lists ns1.example.org (p). [t]\n"},
        {"t", "p", "it lists ns2.example.org",
         "error: it lists ns2.example.org (p). [t]\n"
         "over: error: it lists ns1.example.org (p). [t]\n"});
    EXPECT_CHANGES({"t", "p", "it has 192.0.2.1", "error: it has 192.0.2.1 (p). [t]\n"},
                   {"t", "p", "it has 192.0.2.2",
                    "error: it has 192.0.2.2 (p). [t]\nover: error: it has 192.0.2.1 (p). [t]\n"});
    EXPECT_CHANGES(
        {"t", "p", "5 s", "error: 5 s (p). [t]\n"},
        {"u", "p", "5 s", "error: 5 s (p). [u]\nover: error: 5 s (p). [t]\n"},
        {"u", "p", "5 ms", "error: 5 ms (p). [u]\nover: error: 5 s (p). [u]\n"},
        {"u", "p", "5 ms more", "error: 5 ms more (p). [u]\nover: error: 5 ms (p). [u]\n"});
}

/* Of two keys the one that is gone is told, not the other. */
static void test_same_figures_first(void **state)
{
    (void)state;
    EXPECT_CHANGES({"t", "p", "no key 1", NULL},
                   {"t", "p", "no key 2", "error: no key 1 (p). [t]\nerror: no key 2 (p). [t]\n"},
                   {"t", "p", "no key 2", "over: error: no key 1 (p). [t]\n"});
}

/* Only the servers at which something has changed are told. */
static void test_servers_come_and_go(void **state)
{
    (void)state;
    EXPECT_CHANGES(
        {"t", "a at 1", "bad", "error: bad (a at 1). [t]\n"}, {"t", "a at 1", "bad", NULL},
        {"t", "b at 2", "bad", NULL}, {"t", "c", "bad", "error: bad (b at 2, c). [t]\n"},
        {"t", "b at 2", "bad", "over: error: bad (a at 1, c). [t]\n"},
        /* What one measured for both, and then each for itself. */
        {"t", "b at 2", "bad 1", NULL},
        {"t", "c", "bad 1", "error: bad 1 (b at 2, c). [t]\nover: error: bad (b at 2). [t]\n"},
        {"t", "b at 2", "bad 2", NULL}, {"t", "c", "bad 3", ""},
        {NULL, NULL, NULL, "over: error: bad 2 (b at 2). [t]\nover: error: bad 3 (c). [t]\n"});
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

static void append_text(const struct history_change *change, FILE *out)
{
    fprintf(out, "%s\n", change->text);
}

/* The latest survey first, also of two in one second, and of each the sites before the findings. */
static void test_order(void **state)
{
    struct scene *s = scene_new();
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);

    (void)state;
    assert_non_null(file);
    add(s, 0);
    report_add(&s->survey.report, SEVERITY_ERROR, "a", 0, "fix", "first");
    add(s, 1);
    report_done(&s->survey.report);
    report_add(&s->survey.report, SEVERITY_ERROR, "b", 0, "fix", "second");
    s->result.state = SITE_LAME;
    add(s, 1);
    history_each_change(&s->history, append_text, file);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(out, "dc1 is lame, and was serving\nerror: second. [b]\n"
                             "over: error: first. [a]\nerror: first. [a]\ndc1 is serving\n");
    free(out);
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
        cmocka_unit_test(test_figures_move),
        cmocka_unit_test(test_names_differ),
        cmocka_unit_test(test_same_figures_first),
        cmocka_unit_test(test_servers_come_and_go),
        cmocka_unit_test(test_hour),
        cmocka_unit_test(test_changes_are_bounded),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
