/* SPDX-License-Identifier: ISC */
#include "value_samples.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static void addresses(void **state)
{
    static const struct value_sample samples[] = {
        {"192.0.2.10", "192.0.2.10 "},
        {"192.0.2.10 2001:db8:2::10", "192.0.2.10 2001:db8:2::10 "},
        {"192.0.2.10,\t2001:DB8:0002::0010", "192.0.2.10 2001:db8:2::10 "},
        {"127.0.0.1", "127.0.0.1 "},
        {"", NULL},
        {"192.0.2.10 192.0.2.10", NULL},
        {"2001:db8::1 2001:db8:0::1", NULL},
        {"192.0.2", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.1/24", NULL},
        {"192.0.2.1:53", NULL},
        {"fe80::1%eth0", NULL},
        {"example.org", NULL},
        {"0.0.0.0", NULL},
        {"0.1.2.3", NULL},
        {"::", NULL},
        {"224.0.0.1", NULL},
        {"255.255.255.255", NULL},
        {"ff02::1", NULL},
        {"::ffff:192.0.2.1", NULL},
        {"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8",
         "1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 "},
        {"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9", NULL},
    };

    (void)state;
    value_samples_check(&value_type_addresses, &(struct value_bounds){0}, samples, LENGTH(samples));
}

static void addresses_append_or_stay(void **state)
{
    struct conf_addresses list = {0};

    (void)state;
    assert_int_equal(value_type_addresses.parse("192.0.2.1", NULL, &list), 0);
    assert_int_equal(value_type_addresses.parse("2001:db8::1", NULL, &list), 0);
    assert_int_equal(value_type_addresses.parse("192.0.2.2 192.0.2.1", NULL, &list),
                     VALUE_MALFORMED);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.at[0].family, AF_INET);
    assert_int_equal(list.at[1].family, AF_INET6);
}

static void statuses(void **state)
{
    static const struct value_sample samples[] = {
        {"200", "200-200 "},
        {"200-399", "200-399 "},
        {"200 204,301-308", "200-200 204-204 301-308 "},
        {"", NULL},
        {"99", NULL},
        {"600", NULL},
        {"300-200", NULL},
        {"200-", NULL},
        {"-200", NULL},
        {"2xx", NULL},
        {"200-300-400", NULL},
        {" , ", NULL},
        {"201 202 203 204 205 206 207 208 209", NULL},
    };

    (void)state;
    value_samples_check(&value_type_status, &(struct value_bounds){0}, samples, LENGTH(samples));
}

static void endpoints(void **state)
{
    static const struct value_sample samples[] = {
        {"127.0.0.1:80", "127.0.0.1 80"},
        {"[::1]:8080", "::1 8080"},
        {"127.0.0.1", NULL},
        {"127.0.0.1:", NULL},
        {"127.0.0.1:0", NULL},
        {"127.0.0.1:65536", NULL},
        {"::1:80", NULL},
        {"[127.0.0.1]:80", NULL},
        {"[::1:80", NULL},
        {"[]:80", NULL},
        {":80", NULL},
        {"localhost:80", NULL},
        {"", NULL},
        {"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd]:80", NULL},
    };

    (void)state;
    value_samples_check(&value_type_endpoint, &(struct value_bounds){0}, samples, LENGTH(samples));
}

static void refusal_leaves_the_field(void **state)
{
    static const struct {
        const struct value_type *type;
        const char *good;
    } all[] = {
        {&value_type_number, "7"},
        {&value_type_seconds, "7"},
        {&value_type_milliseconds, "7"},
        {&value_type_flag, "yes"},
        {&value_type_hostname, "a.b"},
        {&value_type_addresses, "192.0.2.1"},
        {&value_type_status, "204"},
        {&value_type_url, "http://127.0.0.1/x"},
        {&value_type_endpoint, "127.0.0.1:80"},
        {&value_type_answer, "serving"},
        {&value_type_withdraw, "servfail"},
    };
    const struct value_bounds bounds = {.min = 1, .max = 100000};

    (void)state;
    for (size_t i = 0; i < LENGTH(all); i++) {
        union value_field field;
        char *before, *after;

        memset(&field, 0, sizeof field);
        assert_int_equal(all[i].type->parse(all[i].good, &bounds, &field), 0);
        before = value_samples_printed(all[i].type, &field);
        assert_int_equal(all[i].type->parse("!", &bounds, &field), VALUE_MALFORMED);
        after = value_samples_printed(all[i].type, &field);
        assert_string_equal(after, before);
        free(before);
        free(after);
        if (all[i].type->done)
            all[i].type->done(&field);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(addresses_append_or_stay),
        cmocka_unit_test(statuses),
        cmocka_unit_test(endpoints),
        cmocka_unit_test(refusal_leaves_the_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
