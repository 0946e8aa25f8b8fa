/* SPDX-License-Identifier: ISC */
#include "conf/fault.h"

#include <string.h>

#include "test.h"

static void on_fault(void *userdata, const char *text)
{
    strcpy(userdata, text);
}

static void one_line_with_its_place(void **state)
{
    char text[4096] = "";
    struct faults faults = {.on_fault = on_fault, .userdata = text};

    (void)state;
    fault_report(&faults, "/etc/get.conf", 7, "ttl = %s: is \x1b[1mwrong\n", "x");
    assert_string_equal(text, "/etc/get.conf:7: ttl = x: is ?[1mwrong?");
    fault_report(&faults, "a\nb.conf", 0, "there is no site");
    assert_string_equal(text, "a?b.conf: there is no site");
    assert_int_equal(faults.n, 2);
}

static void what_is_too_long_is_cut(void **state)
{
    char path[4097], text[4096] = "";
    struct faults faults = {.on_fault = on_fault, .userdata = text};

    (void)state;
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    fault_report(&faults, path, 1, "x");
    assert_int_equal(strlen(text), 2047);
    fault_report(&faults, "get.conf", 1, "%s", path);
    assert_int_equal(strlen(text), 2047);
    assert_int_equal(strncmp(text, "get.conf:1: ppp", 15), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_with_its_place),
        cmocka_unit_test(what_is_too_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
