/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/inifile.h"

/* The events are written down one a line, and compared as a text. */
static void on_section(void *userdata, unsigned line, const char *name)
{
    fprintf(userdata, "%u [%s]\n", line, name);
}

static void on_key(void *userdata, unsigned line, const char *key, const char *value)
{
    fprintf(userdata, "%u %s=%s\n", line, key, value);
}

static void on_fault(void *userdata, unsigned line, const char *text)
{
    fprintf(userdata, "%u! %s\n", line, text);
}

static void check_bytes(const char *bytes, size_t length, const char *expected)
{
    static const struct inifile_events events = {on_section, on_key, on_fault};
    FILE *in = length ? fmemopen((void *)bytes, length, "r") : fopen("/dev/null", "re");
    char *text = NULL;
    size_t text_length;
    FILE *out = open_memstream(&text, &text_length);

    assert_non_null(in);
    inifile_read(in, &events, out);
    fclose(in);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void check_file(const char *content, const char *expected)
{
    check_bytes(content, strlen(content), expected);
}

static void sections_and_keys(void **state)
{
    (void)state;
    check_file("[zone]\nname = a.b\nttl=60\n\n[site dc2]\naddress: 192.0.2.1\n",
               "1 [zone]\n2 name=a.b\n3 ttl=60\n5 [site dc2]\n6 address=192.0.2.1\n");
}

static void last_line_without_newline(void **state)
{
    (void)state;
    check_file("[zone]\nname = a.b", "1 [zone]\n2 name=a.b\n");
}

static void comments(void **state)
{
    (void)state;
    check_file("; one\n# two\n[zone] ; three\nname = a.b ; four\nurl = /x;y\n  ; five\n",
               "3 [zone]\n4 name=a.b\n5 url=/x;y\n");
}

static void repeated_sections_stay_apart(void **state)
{
    (void)state;
    check_file("[site a]\nx=1\n[site a]\ny=2\n", "1 [site a]\n2 x=1\n3 [site a]\n4 y=2\n");
}

static void indentation_is_not_continuation(void **state)
{
    (void)state;
    check_file("[zone]\n  name = a.b\n\tttl = 60\n", "1 [zone]\n2 name=a.b\n3 ttl=60\n");
}

static void crlf_and_byte_order_mark(void **state)
{
    (void)state;
    check_file("\xef\xbb\xbf[zone]\r\nname = a.b\r\n\r\nttl = 60\r\n",
               "1 [zone]\n2 name=a.b\n4 ttl=60\n");
}

static void key_before_any_section(void **state)
{
    (void)state;
    check_file("name = a.b\n", "0 []\n1 name=a.b\n");
}

static void empty_files(void **state)
{
    (void)state;
    check_file("", "");
    check_file("\n\n; nothing\n", "");
    check_file("\xef\xbb\xbf", "");
}

static void empty_sections(void **state)
{
    (void)state;
    check_file("[zone]\n[check]\nurl=x\n[policy]\n",
               "1! the section is empty\n2 [check]\n3 url=x\n4! the section is empty\n");
}

static void lines_that_are_neither(void **state)
{
    (void)state;
    check_file("[zone]\nname\nttl = 60\nrubbish",
               "2! neither `[section]` nor `key = value`\n1 [zone]\n3 ttl=60\n"
               "4! neither `[section]` nor `key = value`\n");
}

static void broken_headers(void **state)
{
    (void)state;
    check_file("[zone\nname = a.b\n", "1! the section header has no `]`\n1 []\n2 name=a.b\n");
    check_file("[zone] name = a.b\n",
               "1! text after the section header\n1! the section is empty\n");
}

/* libinih would cut both without a word. */
static void long_lines(void **state)
{
    char content[1024], expected[1024];

    (void)state;
    snprintf(content, sizeof content, "[z]\nkey=%0194d\nkey=%0195d\nkey=%0296d\nttl=60\n", 1, 2, 3);
    snprintf(expected, sizeof expected,
             "1 [z]\n2 key=%0194d\n3! the line is longer than 198 octets\n"
             "4! the line is longer than 198 octets\n5 ttl=60\n",
             1);
    check_file(content, expected);
}

static void long_section_names(void **state)
{
    char content[256], expected[256];

    (void)state;
    snprintf(content, sizeof content, "[%047d]\na=1\n", 1);
    snprintf(expected, sizeof expected, "1 [%047d]\n2 a=1\n", 1);
    check_file(content, expected);
    snprintf(content, sizeof content, "[%048d]\na=1\n", 1);
    snprintf(expected, sizeof expected,
             "1! the section name is longer than 47 octets\n1 [%048d]\n2 a=1\n", 1);
    check_file(content, expected);
}

static void nul_octets(void **state)
{
    static const char content[] = "[zone]\nname = a\0b\nttl = 60\n";

    (void)state;
    check_bytes(content, sizeof content - 1,
                "2! a NUL octet: this is not a text file\n1 [zone]\n3 ttl=60\n");
}

static void unreadable_streams(void **state)
{
    static const struct inifile_events events = {on_section, on_key, on_fault};
    FILE *in = fopen("/", "re");
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_non_null(in);
    inifile_read(in, &events, out);
    fclose(in);
    fclose(out);
    assert_string_equal(text, "0! cannot be read to its end\n");
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_keys),
        cmocka_unit_test(last_line_without_newline),
        cmocka_unit_test(comments),
        cmocka_unit_test(repeated_sections_stay_apart),
        cmocka_unit_test(indentation_is_not_continuation),
        cmocka_unit_test(crlf_and_byte_order_mark),
        cmocka_unit_test(key_before_any_section),
        cmocka_unit_test(empty_files),
        cmocka_unit_test(empty_sections),
        cmocka_unit_test(lines_that_are_neither),
        cmocka_unit_test(broken_headers),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(long_section_names),
        cmocka_unit_test(nul_octets),
        cmocka_unit_test(unreadable_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
