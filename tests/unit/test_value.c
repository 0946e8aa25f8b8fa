/* SPDX-License-Identifier: ISC */
#include "value_samples.h"

#include <stdlib.h>

static void numbers(void **state)
{
    static const struct value_sample samples[] = {
        {"1", "1"},    {"100", "100"}, {"007", "7"},   {"0", NULL},
        {"101", NULL}, {"", NULL},     {"-1", NULL},   {"+1", NULL},
        {" 1", NULL},  {"1 ", NULL},   {"0x10", NULL}, {"18446744073709551617", NULL},
    };

    (void)state;
    value_samples_check(&value_type_number, &(struct value_bounds){.min = 1, .max = 100}, samples,
                        LENGTH(samples));
}

static void numbers_fill_their_type(void **state)
{
    uint32_t n = 0;

    (void)state;
    assert_true(value_number("4294967295", 0, UINT32_MAX, &n));
    assert_int_equal(n, UINT32_MAX);
    assert_false(value_number("4294967296", 0, UINT32_MAX, &n));
    assert_int_equal(n, UINT32_MAX);
}

static void seconds(void **state)
{
    static const struct value_sample samples[] = {
        {"60", "60"},     {"90s", "90"}, {"5m", "300"},        {"1h", "3600"},
        {"7d", "604800"}, {"8d", NULL},  {"0", NULL},          {"250ms", NULL},
        {"1w", NULL},     {"1 h", NULL}, {"1.5h", NULL},       {"h", NULL},
        {"", NULL},       {"-5", NULL},  {"4294967297", NULL}, {"9999999999d", NULL},
    };

    (void)state;
    value_samples_check(&value_type_seconds, &(struct value_bounds){.min = 1, .max = 7 * 86400},
                        samples, LENGTH(samples));
}

static void milliseconds(void **state)
{
    static const struct value_sample samples[] = {
        {"1", "1000"},  {"1s", "1000"}, {"250ms", "250"}, {"1h", "3600000"},
        {"49ms", NULL}, {"2h", NULL},   {"1sm", NULL},    {"ms", NULL},
    };

    (void)state;
    value_samples_check(&value_type_milliseconds, &(struct value_bounds){.min = 50, .max = 3600000},
                        samples, LENGTH(samples));
}

static void flags(void **state)
{
    static const struct value_sample samples[] = {
        {"yes", "yes"}, {"no", "no"}, {"true", NULL}, {"YES", NULL}, {"", NULL}, {"1", NULL},
    };

    (void)state;
    value_samples_check(&value_type_flag, &(struct value_bounds){0}, samples, LENGTH(samples));
}

static void choices(void **state)
{
    static const struct value_sample answers[] = {
        {"own", "own"}, {"serving", "serving"}, {"all", NULL}, {"Own", NULL}, {"", NULL},
    };
    static const struct value_sample samples[] = {
        {"silent", "silent"}, {"servfail", "servfail"}, {"hand-over", "hand-over"},
        {"hand", NULL},       {"refused", NULL},        {"", NULL},
    };

    (void)state;
    value_samples_check(&value_type_answer, &(struct value_bounds){0}, answers, LENGTH(answers));
    value_samples_check(&value_type_withdraw, &(struct value_bounds){0}, samples, LENGTH(samples));
}

#define LABEL63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define NAME253                                                                                    \
    LABEL63 "." LABEL63 "." LABEL63 "."                                                            \
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

static void hostnames(void **state)
{
    static const struct value_sample samples[] = {
        {"get.example.org", "get.example.org"},
        {"GET.Example.Org.", "get.example.org"},
        {"3com.example", "3com.example"},
        {"a-b.c--d", "a-b.c--d"},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {LABEL63 ".org", LABEL63 ".org"},
        {NAME253, NAME253},
        {NAME253 ".", NAME253},
        {LABEL63 "l.org", NULL},
        {NAME253 "j", NULL},
        {"", NULL},
        {".", NULL},
        {".org", NULL},
        {"a..b", NULL},
        {"a.b..", NULL},
        {"-a.org", NULL},
        {"a-.org", NULL},
        {"a.-b", NULL},
        {"a.b-", NULL},
        {"_dmarc.example.org", NULL},
        {"*.example.org", NULL},
        {"get example.org", NULL},
        {"b\xc3\xbc"
         "cher.example",
         NULL},
        {"a\\.b", NULL},
    };

    (void)state;
    value_samples_check(&value_type_hostname, &(struct value_bounds){0}, samples, LENGTH(samples));
}

static void paths(void **state)
{
    const struct value_bounds bounds = {.base = "/etc/sitens/get.conf"};
    char *path = NULL;

    (void)state;
    assert_int_equal(value_type_path.parse("get.extra", &bounds, &path), 0);
    assert_string_equal(path, "/etc/sitens/get.extra");
    assert_int_equal(value_type_path.parse("/srv/get.extra", &bounds, &path), 0);
    assert_string_equal(path, "/srv/get.extra");
    assert_int_equal(
        value_type_path.parse("get.extra", &(struct value_bounds){.base = "get.conf"}, &path), 0);
    assert_string_equal(path, "get.extra");
    assert_int_equal(value_type_path.parse("", &bounds, &path), VALUE_MALFORMED);
    assert_string_equal(path, "get.extra");
    value_type_path.done(&path);
}

/* The fingerprint must not differ between a site and a workstation that keep the file elsewhere. */
static void paths_print_without_their_directory(void **state)
{
    char *path = NULL, *canonical;

    (void)state;
    assert_int_equal(
        value_type_path.parse("/etc/sitens/get.extra", &(struct value_bounds){0}, &path), 0);
    canonical = value_samples_printed(&value_type_path, &path);
    assert_string_equal(canonical, "get.extra");
    free(canonical);
    value_type_path.done(&path);
}

static void lists_are_bounded(void **state)
{
    const struct value_bounds bounds = {.base = "/etc/sitens/get.conf"};
    struct conf_list paths = {0}, texts = {0};

    (void)state;
    for (int i = 0; i < CONF_LIST_MAX; i++) {
        assert_int_equal(value_type_path_list.parse("key", &bounds, &paths), 0);
        assert_int_equal(value_type_text_list.parse("257 3 13 abc", &bounds, &texts), 0);
    }
    assert_int_equal(value_type_path_list.parse("key", &bounds, &paths), VALUE_MALFORMED);
    assert_int_equal(value_type_text_list.parse("257 3 13 abc", &bounds, &texts), VALUE_MALFORMED);
    assert_int_equal(paths.n, CONF_LIST_MAX);
    assert_string_equal(paths.at[CONF_LIST_MAX - 1], "/etc/sitens/key");
    assert_int_equal(texts.n, CONF_LIST_MAX);
    value_type_path_list.done(&paths);
    value_type_text_list.done(&texts);
}

static void control_characters_become_printable(void **state)
{
    char out[8];

    (void)state;
    assert_string_equal(value_printable("a\x1b[2J\n\x7f", out, sizeof out), "a?[2J??");
    assert_string_equal(value_printable("longer than that", out, sizeof out), "longer ");
    assert_string_equal(value_printable("", out, sizeof out), "");
}

static void what_is_not_ascii_becomes_printable(void **state)
{
    char out[8];

    (void)state;
    assert_string_equal(value_ascii(" \n\x7f\xff\xc2\x9b~", out, sizeof out), " ?????~");
    assert_string_equal(value_ascii("longer than that", out, sizeof out), "longer ");
    assert_string_equal(value_ascii("", out, sizeof out), "");
}

static void characters_are_kept_whole(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain", "plain"},
        {"gr\xc3\xbcn \xe4\xbd\xa0 \xf0\x9f\x98\x80", "gr\xc3\xbcn \xe4\xbd\xa0 \xf0\x9f\x98\x80"},
        {"\x1b[31m\n\x7f", "?[31m??"},
        {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "???\xc2\xa0"}, /* C1, and the first beyond */
        {"\xff\xfe\x80", "???"},
        {"\xc3", "?"},
        {"\xc3x", "?x"},
        {"\xe4\xbdx", "??x"},
        {"\xc0\xaf\xc1\xbf", "????"},                     /* too long a form */
        {"\xe0\x80\xaf\xf0\x80\x80\xaf", "???????"},      /* the same */
        {"\xed\xa0\x80\xed\xbf\xbf", "??????"},           /* surrogates */
        {"\xf4\x90\x80\x80\xf5\x80\x80\x80", "????????"}, /* beyond U+10FFFF */
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    };
    char out[32];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(value_utf8(cases[i].text, out, sizeof out), cases[i].shown);
    assert_string_equal(value_utf8("ab\xc3\xbc", out, 4), "ab"); /* no part of a character */
    assert_string_equal(value_utf8("ab\xc3\xbc", out, 5), "ab\xc3\xbc");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(characters_are_kept_whole),
        cmocka_unit_test(numbers_fill_their_type),
        cmocka_unit_test(seconds),
        cmocka_unit_test(milliseconds),
        cmocka_unit_test(flags),
        cmocka_unit_test(choices),
        cmocka_unit_test(hostnames),
        cmocka_unit_test(paths),
        cmocka_unit_test(paths_print_without_their_directory),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(control_characters_become_printable),
        cmocka_unit_test(what_is_not_ascii_becomes_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
