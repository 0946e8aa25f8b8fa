/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

static void check_printed(const struct report *report, const char *expected)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    report_print(report, "get.conf", out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_lines(void **state)
{
    struct report report = {0};

    (void)state;
    report_add(&report, SEVERITY_WARNING, "few-sites", 0, "Add one", "there is %d site", 1);
    report_add(&report, SEVERITY_ERROR, "form-ns-limit", 12, "Use fewer", "there are %d", 11);
    check_printed(&report, "get.conf: warning: there is 1 site. Add one [few-sites]\n"
                           "get.conf:12: error: there are 11. Use fewer [form-ns-limit]\n");
    assert_int_equal(report_count(&report, SEVERITY_ERROR), 1);
    assert_int_equal(report_count(&report, SEVERITY_WARNING), 1);
    assert_int_equal(report_count(&report, SEVERITY_NOTE), 0);
    report_done(&report);
    assert_int_equal(report.n, 0);
}

static void see(struct report *report, const char *where, const char *text)
{
    report_add_at(report, SEVERITY_ERROR, "lame", where, "Fix it", "%s", text);
}

/* Four servers with one fault are one finding. */
static void test_places_are_gathered(void **state)
{
    struct report report = {0};

    (void)state;
    see(&report, "dc1 at 192.0.2.1", "it answers REFUSED");
    see(&report, "dc1 at 192.0.2.1", "it answers REFUSED");
    see(&report, "dc1 at 192.0.2.11", "it answers REFUSED");
    see(&report, "dc2 at 192.0.2.2", "it answers SERVFAIL");
    see(&report, "dc1", "it answers REFUSED");
    assert_int_equal(report.n, 2);
    assert_string_equal(report.at[0].where, "dc1 at 192.0.2.1, dc1 at 192.0.2.11, dc1");
    assert_string_equal(report.at[1].where, "dc2 at 192.0.2.2");
    report_done(&report);
}

static void test_control_characters(void **state)
{
    struct report report = {0};

    (void)state;
    see(&report, "dc1", "it is called \033[2J\n");
    assert_string_equal(report.at[0].text, "it is called ?[2J?");
    report_done(&report);
}

static void test_json(void **state)
{
    struct report report = {0};
    json_t *json;

    (void)state;
    see(&report, "dc1", "it is \"lame\"");
    report_add(&report, SEVERITY_NOTE, "failing", 0, "Look", "dc2 is out");
    json = report_json(&report);
    assert_int_equal(json_array_size(json), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(json, 0), "text")),
                        "it is \"lame\"");
    assert_string_equal(json_string_value(json_object_get(json_array_get(json, 0), "servers")),
                        "dc1");
    assert_string_equal(json_string_value(json_object_get(json_array_get(json, 1), "severity")),
                        "note");
    assert_true(json_is_null(json_object_get(json_array_get(json, 1), "servers")));
    json_decref(json);
    report_done(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_places_are_gathered),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
