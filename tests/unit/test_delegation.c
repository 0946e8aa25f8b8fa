/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_file.h"
#include "delegation.h"

#define GLUE                                                                                       \
    "[site dc1]\nnameserver = ns1.get.example.org\n"                                               \
    "address = 2001:db8:1::1 192.0.2.1 2001:db8:1::2 192.0.2.2\n"
#define ELSEWHERE "[site dc3]\nnameserver = get.example.net\naddress = 203.0.113.3\n"

/* The records of a site file, one a line: place, owner, type, data. */
static char *listed(void **state, const char *content, const struct ds *ds, size_t n_ds)
{
    static const char places[] = "cgpe";
    struct conf *conf = conf_file_load(state, content);
    struct delegation *d;
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    assert_int_equal(delegation_new(conf, n_ds ? DS_GIVEN : DS_NONE, ds, n_ds, &d), 0);
    for (size_t i = 0; i < d->n_all; i++)
        fprintf(out, "%c%s %s %s %s\n", places[d->at[i].place], i < d->n ? "" : "!", d->at[i].owner,
                record_type_name(d->at[i].type), d->at[i].data);
    fclose(out);
    delegation_free(d);
    conf_free(conf);
    return text;
}

static void check(void **state, const char *content, const char *expected)
{
    char *text = listed(state, content, NULL, 0);

    assert_string_equal(text, expected);
    free(text);
}

static void test_places(void **state)
{
    check(state, ZONE ELSEWHERE SITE GLUE CHECK,
          "c get.example.org NS get.example.net.\n"
          "c get.example.org NS get.dc2.example.org.\n"
          "c get.example.org NS ns1.get.example.org.\n"
          "g ns1.get.example.org A 192.0.2.1\n"
          "g ns1.get.example.org A 192.0.2.2\n"
          "g ns1.get.example.org AAAA 2001:db8:1::1\n"
          "g ns1.get.example.org AAAA 2001:db8:1::2\n"
          "p get.dc2.example.org A 192.0.2.10\n"
          "e! get.example.net A 203.0.113.3\n");
}

/* Only whole labels count, and the parent need not be the next name up. */
static void test_look_alikes(void **state)
{
    check(state,
          "[zone]\nname = get.dl.example.org\nparent = example.org\n"
          "[site a]\nnameserver = forget.dl.example.org\naddress = 192.0.2.1\n"
          "[site b]\nnameserver = notexample.org\naddress = 192.0.2.2\n"
          "[site c]\nnameserver = c.example.org\naddress = 192.0.2.3\n" CHECK,
          "c get.dl.example.org NS forget.dl.example.org.\n"
          "c get.dl.example.org NS notexample.org.\n"
          "c get.dl.example.org NS c.example.org.\n"
          "p forget.dl.example.org A 192.0.2.1\n"
          "p c.example.org A 192.0.2.3\n"
          "e! notexample.org A 192.0.2.2\n");
}

static void test_ds(void **state)
{
    static const struct ds ds[] = {{61091, 13, 2, "53ab"}, {7, 15, 4, "00ff"}};
    char *text = listed(state, ZONE SITE CHECK, ds, 2);

    assert_string_equal(text, "c get.example.org NS get.dc2.example.org.\n"
                              "c get.example.org DS 61091 13 2 53ab\n"
                              "c get.example.org DS 7 15 4 00ff\n"
                              "p get.dc2.example.org A 192.0.2.10\n");
    free(text);
}

static void test_sets(void **state)
{
    struct conf *conf = conf_file_load(state, ZONE SITE GLUE CHECK);
    struct delegation *d;
    static const size_t lengths[] = {2, 2, 2, 1};
    size_t first = 0;

    assert_int_equal(delegation_new(conf, DS_NONE, NULL, 0, &d), 0);
    for (const size_t *length = lengths; first < d->n; length++) {
        assert_int_equal(delegation_set_length(d, first), *length);
        first += *length;
    }
    assert_int_equal(first, d->n);
    delegation_free(d);
    conf_free(conf);
}

static void test_relative_names(void **state)
{
    char text[NAME_TEXT_MAX];

    (void)state;
    assert_string_equal(name_relative("get.dl.example.org", "example.org", text), "get.dl");
    assert_string_equal(name_relative("example.org", "example.org", text), "@");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(test_places), CONF_FILE_TEST(test_look_alikes),      CONF_FILE_TEST(test_ds),
        CONF_FILE_TEST(test_sets),   cmocka_unit_test(test_relative_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
