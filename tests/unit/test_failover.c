/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdlib.h>

#include "check/failover.h"
#include "conf_file.h"

#define SECOND "[site dc3]\nnameserver = get.dc3.example.org\naddress = 192.0.2.20\n"

static void check(void **state, const char *content, struct failover expected)
{
    struct conf *conf = conf_file_load(state, content);
    struct failover f = failover_of(conf);

    assert_int_equal(f.detection_ms, expected.detection_ms);
    assert_int_equal(f.takeover_ms, expected.takeover_ms);
    assert_int_equal(f.ttl_ms, expected.ttl_ms);
    assert_int_equal(f.retry_ms, expected.retry_ms);
    conf_free(conf);
}

/* Interval 1 s; then twice the timeout of 1 s, 250 ms apart. */
static void test_defaults(void **state)
{
    check(state, ZONE SITE SECOND CHECK, (struct failover){3250, 0, 60000, 1600});
}

static void test_slowest_check_counts(void **state)
{
    check(state,
          ZONE SITE SECOND CHECK
          "[check slow]\nurl = http://127.0.0.1/\ninterval = 10s\nfall = 1\ntimeout = 3s\n",
          (struct failover){13000, 0, 60000, 1600});
}

static void test_standby(void **state)
{
    check(state, ZONE SITE SECOND "preference = 20\n" CHECK,
          (struct failover){3250, 2250, 60000, 1600});
    check(state, ZONE SITE SECOND "preference = 20\n" CHECK "[policy]\nwithdraw = servfail\n",
          (struct failover){3250, 1000, 60000, 100});
}

/* Who hands over answers at once, and says itself that it is not well. */
static void test_hand_over(void **state)
{
    check(state, ZONE SITE SECOND CHECK "[policy]\nwithdraw = hand-over\n",
          (struct failover){3250, 0, 60000, 0});
    check(state, ZONE SITE SECOND "preference = 20\n" CHECK "[policy]\nwithdraw = hand-over\n",
          (struct failover){3250, 1000, 60000, 0});
}

/* The others give its addresses until they know. */
static void test_serving(void **state)
{
    check(state, ZONE SITE SECOND CHECK "[policy]\nanswer = serving\nwithdraw = hand-over\n",
          (struct failover){3250, 1000, 60000, 0});
    check(state, ZONE SITE SECOND CHECK "fall = 3\n[policy]\nanswer = serving\n",
          (struct failover){4500, 3000, 60000, 1600});
}

static void test_servfail(void **state)
{
    check(state, ZONE "ttl = 2s\n" SITE SECOND CHECK "[policy]\nwithdraw = servfail\n",
          (struct failover){3250, 0, 2000, 100});
}

static void check_text(void **state, const char *content, const char *expected)
{
    struct conf *conf = conf_file_load(state, content);
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    failover_print(conf, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    conf_free(conf);
}

static void test_text(void **state)
{
    check_text(state,
               ZONE SITE SECOND "preference = 20\n" CHECK
                                "timeout = 500ms\ninterval = 2s\nfall = 1\n",
               "Worst failover: 67.1 s = 2.5 s until the site is silent + 3.0 s until the others "
               "leave it out + 60 s TTL + 1.6 s a resolver's retry.\n");
    check_text(state, ZONE SITE SECOND CHECK "[policy]\nwithdraw = hand-over\n",
               "Worst failover: 63.2 s = 3.2 s until the site hands over + 60 s TTL.\n");
    check_text(state, ZONE SITE SECOND CHECK "[policy]\nwithdraw = servfail\n",
               "Worst failover: 63.4 s = 3.2 s until the site says SERVFAIL + 60 s TTL + 0.1 s a "
               "resolver's retry.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(test_defaults),  CONF_FILE_TEST(test_slowest_check_counts),
        CONF_FILE_TEST(test_standby),   CONF_FILE_TEST(test_servfail),
        CONF_FILE_TEST(test_hand_over), CONF_FILE_TEST(test_serving),
        CONF_FILE_TEST(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
