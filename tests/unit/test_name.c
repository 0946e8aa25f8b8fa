/* SPDX-License-Identifier: ISC */
#include "conf/name.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

static void below_and_within(void **state)
{
    (void)state;
    assert_true(name_is_below("get.example.org", "example.org"));
    assert_true(name_is_below("a.get.example.org", "org"));
    assert_false(name_is_below("example.org", "example.org"));
    assert_false(name_is_below("notexample.org", "example.org"));
    assert_false(name_is_below(".example.org", "example.org"));
    assert_false(name_is_below("org", "example.org"));
    assert_true(name_is_within("example.org", "example.org"));
    assert_true(name_is_within("get.example.org", "example.org"));
    assert_false(name_is_within("notexample.org", "example.org"));
}

static void labels(void **state)
{
    (void)state;
    assert_int_equal(name_labels("org"), 1);
    assert_int_equal(name_labels("get.example.org"), 3);
}

static void numbers_at_the_end(void **state)
{
    static const char *const bad[] = {"192.0.2.1", "1",          "0",        "ns1.example.123",
                                      "a.0x7f",    "a.0x",       "a.0xdead", "1.2.3.4.5",
                                      "a.007",     "a.999999999"};
    static const char *const good[] = {
        "1.a", "1.2.3.4.in-addr.arpa", "a.1b", "a.0xg", "a.x0", "3com.com", "a.b1", "a.b-1"};

    (void)state;
    for (size_t i = 0; i < LENGTH(bad); i++)
        if (!name_objection(bad[i]) || !strstr(name_objection(bad[i]), "IPv4"))
            fail_msg("%s was taken", bad[i]);
    for (size_t i = 0; i < LENGTH(good); i++)
        if (name_objection(good[i]))
            fail_msg("%s %s", good[i], name_objection(good[i]));
}

/* RFC 3492 section 7.1, in lower case, and labels in use. The integration tests have an oracle. */
static void a_labels(void **state)
{
    static const char *const good[] = {
        "xn--egbpdaj6bu4bxfgehfvwxn",
        "xn--ihqwcrb4cv8a8dqg056pqjye",
        "xn--ihqwctvzc91f659drss3x8bo0yb",
        "xn--proprostnemluvesky-uyb24dma41a",
        "xn--4dbcagdahymbxekheh6e0a7fei0b",
        "xn--i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd",
        "xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
        "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
        "xn--porqunopuedensimplementehablarenespaol-fmd56a",
        "xn--3b-ww4c5e180e575a65lsy2b",
        "xn--bcher-kva",
        "xn--tda",
        "xn--fiqs8s",
        "xn--80ak6aa92e",
        "xn--wgbh1c",
    };
    static const char *const bad[] = {
        "xn--",         /* nothing */
        "xn---",        /* a delimiter of nothing, which is a hyphen at the end, too */
        "xn--abc-",     /* only ASCII */
        "xn--a-b-",     /* the same */
        "xn--bcher-kv", /* ends within a number */
        "xn--9",        /* the same */
        "xn--99999999", /* beyond Unicode */
        "xn--a-99999999z",
        "xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "xn---bcher-kva0", /* the last hyphen delimits */
    };
    char name[256];

    (void)state;
    for (size_t i = 0; i < LENGTH(good); i++) {
        snprintf(name, sizeof name, "%s.example.%s", good[i], good[i]);
        if (name_objection(name))
            fail_msg("%s %s", name, name_objection(name));
    }
    for (size_t i = 0; i < LENGTH(bad); i++) {
        snprintf(name, sizeof name, "www.%s.org", bad[i]);
        if (!name_objection(name))
            fail_msg("%s was taken", name);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_and_within),
        cmocka_unit_test(labels),
        cmocka_unit_test(numbers_at_the_end),
        cmocka_unit_test(a_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
