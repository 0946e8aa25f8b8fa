/* SPDX-License-Identifier: ISC */
/* What the answers of web servers mean, for each state that a site can be in. */
#include "test.h"

#include <string.h>

#include "check/web_result.h"

#define URL "http://get.example.org/"

static char id[] = "dc1";
static const struct conf_site site = {.id = id};
static const struct address address = {.family = AF_INET, .octets = {192, 0, 2, 1}};
static const struct web_urls urls = {.n = 1, .at = {URL}};

/* A site of one address. */
static void make(struct site_result *ret, enum site_state state, enum web_outcome outcome,
                 long status)
{
    memset(ret, 0, sizeof *ret);
    ret->site = &site;
    ret->state = state;
    ret->n = 1;
    ret->places[0].address = &address;
    ret->places[0].asks[SITE_SOA].outcome = ASK_ANSWERED;
    ret->places[0].web[0] =
        (struct web_ask){.url = URL, .outcome = outcome, .status = status, .text = ""};
}

/* The tag of the only finding, or "". */
static const char *tag(enum site_state state, enum web_outcome outcome, long status)
{
    struct site_result *result = malloc(sizeof *result);
    struct report report = {0};
    const char *found;

    assert_non_null(result);
    make(result, state, outcome, status);
    web_result_examine(result, &urls, &report);
    assert_true(report.n <= 1);
    found = report.n ? report.at[0].tag : "";
    report_done(&report);
    free(result);
    return found;
}

static void test_faults_of_who_is_given_users(void **state)
{
    (void)state;
    for (enum site_state s = SITE_STANDBY; s <= SITE_SERVING; s++) {
        assert_string_equal(tag(s, WEB_UNREACHABLE, 0), "web-unreachable");
        assert_string_equal(tag(s, WEB_TLS, 0), "web-tls");
        assert_string_equal(tag(s, WEB_NO_ANSWER, 0), "web-no-answer");
        assert_string_equal(tag(s, WEB_NOT_ASKED, 0), "not-asked");
        assert_string_equal(tag(s, WEB_NO_ROUTE, 0), "");
        for (long status = 100; status < 600; status++)
            assert_string_equal(tag(s, WEB_ANSWERED, status),
                                status >= 200 && status < 400 ? "" : "web-status");
    }
}

static void test_others_are_not_at_fault_twice(void **state)
{
    (void)state;
    for (enum site_state s = SITE_UNKNOWN; s < SITE_STANDBY; s++)
        for (enum web_outcome outcome = WEB_NO_ROUTE; outcome <= WEB_UNREACHABLE; outcome++)
            assert_string_equal(tag(s, outcome, outcome == WEB_ANSWERED ? 500 : 0), "");
}

static void test_failing_while_the_web_server_answers(void **state)
{
    (void)state;
    for (enum site_state s = SITE_UNKNOWN; s <= SITE_SERVING; s++)
        assert_string_equal(tag(s, WEB_ANSWERED, 200), s == SITE_FAILING ? "web-answers" : "");
}

static void test_worst_of_the_addresses(void **state)
{
    struct site_result *result = malloc(sizeof *result);
    char word[WEB_WORD_MAX];

    (void)state;
    assert_non_null(result);
    make(result, SITE_SERVING, WEB_ANSWERED, 200);
    result->n = 3;
    result->places[1].web[0] = (struct web_ask){.outcome = WEB_NO_ROUTE};
    result->places[2].web[0] = (struct web_ask){.outcome = WEB_ANSWERED, .status = 503};
    assert_string_equal(web_word(web_result_worst(result, 0), word), "503");
    result->places[1].web[0].outcome = WEB_TLS;
    assert_string_equal(web_word(web_result_worst(result, 0), word), "tls");
    result->n = 1;
    result->places[0].web[0].outcome = WEB_NO_ROUTE;
    assert_string_equal(web_word(web_result_worst(result, 0), word), "?");
    free(result);
}

static void test_urls(void **state)
{
    static const char *const good[] = {"http://get.example.org", "https://get.example.org/a?b#c",
                                       "http://192.0.2.1:8080/", "http://[2001:db8::1]/"};
    static const char *const bad[] = {"",
                                      "get.example.org",
                                      "ftp://get.example.org/",
                                      "http:",
                                      "http://get.example.org/ ",
                                      "http://u@get.example.org/",
                                      "http://\xc3\xa9.example.org/",
                                      "http://get.example.org:65536/"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(web_url_is_good(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(web_url_is_good(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_of_who_is_given_users),
        cmocka_unit_test(test_others_are_not_at_fault_twice),
        cmocka_unit_test(test_failing_while_the_web_server_answers),
        cmocka_unit_test(test_worst_of_the_addresses),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
