/* SPDX-License-Identifier: ISC */
/* Good site files. test_conf_faults has the bad ones. */
#include "conf_file.h"

#include <arpa/inet.h>
#include <stdio.h>

static void defaults(void **state)
{
    struct conf *conf = conf_file_load(state, ZONE SITE CHECK);
    const struct conf_check *check = &conf->checks[0];

    assert_string_equal(conf->name, "get.example.org");
    assert_string_equal(conf->parent, "example.org");
    assert_string_equal(conf->hostmaster, "hostmaster.example.org");
    assert_int_equal(conf->ttl, 60);
    assert_int_equal(conf->negative_ttl, 60);
    assert_int_equal(conf->delegation_ttl, 3600);
    assert_null(conf->records);
    assert_int_equal(conf->sites[0].preference, 10);
    assert_string_equal(check->name, "");
    assert_string_equal(check->host, "get.example.org");
    assert_int_equal(check->expect_status.at[0].low, 200);
    assert_int_equal(check->expect_status.at[0].high, 399);
    assert_int_equal(check->interval_ms, 1000);
    assert_int_equal(check->fast_interval_ms, 250);
    assert_int_equal(check->timeout_ms, 1000);
    assert_int_equal(check->fall, 2);
    assert_int_equal(check->rise, 3);
    assert_int_equal(conf->policy.answer, CONF_ANSWER_OWN);
    assert_int_equal(conf->policy.withdraw, CONF_WITHDRAW_SILENT);
    assert_false(conf->policy.last_resort);
    assert_int_equal(conf->policy.hold_down_ms, 10000);
    assert_int_equal(conf->policy.hold_down_max_ms, 300000);
    assert_int_not_equal(conf->serial, 0);
    conf_free(conf);
}

static void every_zone_key(void **state)
{
    struct conf_file *file = *state;
    struct conf *conf = conf_file_load(state, "[zone]\n"
                                              "name = Get.Example.ORG.\n"
                                              "ttl = 2m\n"
                                              "negative-ttl = 30\n"
                                              "delegation-ttl = 1d\n"
                                              "hostmaster = dns.example.net\n"
                                              "parent = org\n"
                                              "records = get.extra\n"
                                              "dnssec-key = /keys/one.private\n"
                                              "dnssec-key = two.private\n"
                                              "dnssec-publish = 257 3 13 abc=\n" SITE CHECK);
    char expected[128];

    assert_string_equal(conf->name, "get.example.org");
    assert_int_equal(conf->ttl, 120);
    assert_int_equal(conf->negative_ttl, 30);
    assert_int_equal(conf->delegation_ttl, 86400);
    assert_string_equal(conf->hostmaster, "dns.example.net");
    assert_string_equal(conf->parent, "org");
    snprintf(expected, sizeof expected, "%s/get.extra", file->directory);
    assert_string_equal(conf->records, expected);
    assert_int_equal(conf->dnssec_key.n, 2);
    assert_string_equal(conf->dnssec_key.at[0], "/keys/one.private");
    snprintf(expected, sizeof expected, "%s/two.private", file->directory);
    assert_string_equal(conf->dnssec_key.at[1], expected);
    assert_string_equal(conf->dnssec_publish.at[0], "257 3 13 abc=");
    conf_free(conf);
}

static void every_site_key(void **state)
{
    struct conf *conf = conf_file_load(state, ZONE SITE CHECK "[site dc3]\n"
                                                              "nameserver = get.dc3.example.org\n"
                                                              "address = 198.51.100.20\n"
                                                              "address = 2001:db8:3::20\n"
                                                              "preference = 20\n");
    const struct conf_site *site = conf_find_site(conf, "dc3");

    assert_int_equal(conf->n_sites, 2);
    assert_ptr_equal(site, &conf->sites[1]);
    assert_string_equal(site->nameserver, "get.dc3.example.org");
    assert_int_equal(site->address.n, 2);
    assert_int_equal(site->address.at[0].family, AF_INET);
    assert_int_equal(site->address.at[1].family, AF_INET6);
    assert_int_equal(site->preference, 20);
    assert_null(conf_find_site(conf, "dc4"));
    assert_null(conf_find_site(conf, "DC3"));
    conf_free(conf);
}

static void every_check_key(void **state)
{
    struct conf *conf = conf_file_load(state, ZONE SITE "[check web]\n"
                                                        "url = https://127.0.0.1:8443/healthz\n"
                                                        "host = www.example.org\n"
                                                        "expect-status = 200 204\n"
                                                        "expect-body = all is well\n"
                                                        "ca-file = /etc/ca.pem\n"
                                                        "interval = 2s\n"
                                                        "fast-interval = 100ms\n"
                                                        "timeout = 500ms\n"
                                                        "fall = 1\n"
                                                        "rise = 5\n"
                                                        "unit = nginx.service\n"
                                                        "[check port]\n"
                                                        "tcp = [::1]:80\n"
                                                        "[check script]\n"
                                                        "exec = /bin/true -x\n"
                                                        "[check sentinel]\n"
                                                        "file = /run/ready\n"
                                                        "max-age = 1m\n");
    const struct conf_check *web = &conf->checks[0];

    assert_int_equal(conf->n_checks, 4);
    assert_string_equal(web->name, "web");
    assert_true(web->url.tls);
    assert_int_equal(web->url.port, 8443);
    assert_string_equal(web->host, "www.example.org");
    assert_int_equal(web->expect_status.n, 2);
    assert_string_equal(web->expect_body, "all is well");
    assert_string_equal(web->ca_file, "/etc/ca.pem");
    assert_int_equal(web->interval_ms, 2000);
    assert_int_equal(web->fast_interval_ms, 100);
    assert_int_equal(web->timeout_ms, 500);
    assert_int_equal(web->fall, 1);
    assert_int_equal(web->rise, 5);
    assert_string_equal(web->unit, "nginx.service");
    assert_int_equal(conf->checks[1].tcp.port, 80);
    assert_string_equal(conf->checks[2].exec, "/bin/true -x");
    assert_string_equal(conf->checks[3].file, "/run/ready");
    assert_int_equal(conf->checks[3].max_age_ms, 60000);
    conf_free(conf);
}

static void every_policy_key(void **state)
{
    struct conf *conf = conf_file_load(state, ZONE SITE CHECK "[policy]\n"
                                                              "answer = serving\n"
                                                              "withdraw = servfail\n"
                                                              "last-resort = yes\n"
                                                              "hold-down = 0s\n"
                                                              "hold-down-max = 1m\n");

    assert_int_equal(conf->policy.answer, CONF_ANSWER_SERVING);
    assert_int_equal(conf->policy.withdraw, CONF_WITHDRAW_SERVFAIL);
    assert_true(conf->policy.last_resort);
    assert_int_equal(conf->policy.hold_down_ms, 0);
    assert_int_equal(conf->policy.hold_down_max_ms, 60000);
    conf_free(conf);
}

static void dependent_defaults(void **state)
{
    struct conf *conf = conf_file_load(state, ZONE "ttl = 90\n" SITE CHECK "interval = 100ms\n"
                                                   "[policy]\nhold-down = 10m\n");

    assert_int_equal(conf->negative_ttl, 90);
    assert_int_equal(conf->checks[0].fast_interval_ms, 100);
    assert_int_equal(conf->policy.hold_down_max_ms, 600000);
    conf_free(conf);
}

static uint32_t serial_of(void **state, const char *content)
{
    struct conf *conf = conf_file_load(state, content);
    uint32_t serial = conf->serial;

    conf_free(conf);
    return serial;
}

/* Equal meaning, equal serial: spelling, spacing, comments and written-out defaults do not count.
 */
static void equal_meanings_have_equal_serials(void **state)
{
    uint32_t serial = serial_of(state, ZONE SITE CHECK);

    assert_int_equal(serial_of(state, ZONE "ttl = 1m ; the default\n\n" SITE CHECK), serial);
    assert_int_equal(serial_of(state, "\xef\xbb\xbf[zone]\r\nname=GET.example.org.\r\n" SITE CHECK),
                     serial);
    assert_int_equal(serial_of(state, CHECK SITE ZONE "parent = example.org\n"), serial);
}

static void every_change_of_meaning_changes_the_serial(void **state)
{
    static const char *const changed[] = {
        ZONE SITE CHECK,
        ZONE "ttl = 61\n" SITE CHECK,
        ZONE "negative-ttl = 61\n" SITE CHECK,
        ZONE "delegation-ttl = 61\n" SITE CHECK,
        ZONE "hostmaster = a.b\n" SITE CHECK,
        ZONE "parent = org\n" SITE CHECK,
        ZONE "records = x\n" SITE CHECK,
        ZONE "dnssec-key = x\n" SITE CHECK,
        ZONE "dnssec-publish = x\n" SITE CHECK,
        ZONE SITE "address = 2001:db8::1\n" CHECK,
        ZONE SITE "preference = 11\n" CHECK,
        ZONE SITE CHECK "expect-body = ok\n",
        ZONE SITE CHECK "expect-status = 200\n",
        ZONE SITE CHECK "host = x.y\n",
        ZONE SITE CHECK "fall = 3\n",
        ZONE SITE CHECK "unit = nginx.service\n",
        ZONE SITE "[check]\nurl = http://127.0.0.1/\n",
        ZONE SITE "[check]\nurl = https://127.0.0.1/\n",
        ZONE SITE "[check]\nurl = unix:/run/x\n",
        ZONE SITE "[check]\ntcp = 127.0.0.1:80\n",
        ZONE SITE "[check x]\nurl = http://127.0.0.1/healthz\n",
        ZONE SITE CHECK "[policy]\nanswer = serving\n",
        ZONE SITE CHECK "[policy]\nwithdraw = servfail\n",
        ZONE SITE CHECK "[policy]\nwithdraw = hand-over\n",
        ZONE SITE CHECK "[policy]\nlast-resort = yes\n",
        ZONE SITE CHECK "[policy]\nhold-down = 11s\n",
        ZONE SITE CHECK "[site a]\nnameserver = a.b\naddress = 192.0.2.1\n",
    };
    uint32_t serials[LENGTH(changed)];

    for (size_t i = 0; i < LENGTH(changed); i++) {
        serials[i] = serial_of(state, changed[i]);
        for (size_t j = 0; j < i; j++)
            if (serials[j] == serials[i])
                fail_msg("the same serial:\n%s\nand\n%s", changed[j], changed[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(defaults),
        CONF_FILE_TEST(every_zone_key),
        CONF_FILE_TEST(every_site_key),
        CONF_FILE_TEST(every_check_key),
        CONF_FILE_TEST(every_policy_key),
        CONF_FILE_TEST(dependent_defaults),
        CONF_FILE_TEST(equal_meanings_have_equal_serials),
        CONF_FILE_TEST(every_change_of_meaning_changes_the_serial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
