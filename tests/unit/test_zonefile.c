/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/zonefile.h"

/* The entries are written down one a line and compared as a text: the line number, `+` for an
 * indented one, words in <> or, quoted, in "". */
static void write_entry(FILE *out, const struct zonefile *z)
{
    fprintf(out, "%u%s", z->line, z->indented ? "+" : "");
    for (size_t i = 0; i < z->n_words; i++)
        fprintf(out,
                z->words[i].quoted   ? " \"%s\""
                : z->words[i].valued ? " =<%s>"
                                     : " <%s>",
                z->words[i].text);
    fputc('\n', out);
}

static void check_octets(const char *octets, size_t length, const char *expected)
{
    FILE *in = length ? fmemopen((void *)octets, length, "r") : fopen("/dev/null", "re");
    char *text = NULL;
    size_t text_length;
    FILE *out = open_memstream(&text, &text_length);
    struct zonefile z;
    int found;

    assert_non_null(in);
    zonefile_init(&z, in);
    while ((found = zonefile_next(&z)) != ZONEFILE_END) {
        assert_in_range(found, ZONEFILE_ENTRY, ZONEFILE_FAULT);
        if (found == ZONEFILE_ENTRY)
            write_entry(out, &z);
        else
            fprintf(out, "%u! %.24s\n", z.line, z.fault);
    }
    zonefile_done(&z);
    fclose(in);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void check(const char *content, const char *expected)
{
    check_octets(content, strlen(content), expected);
}

static void words_of_a_line(void **state)
{
    (void)state;
    check("a  MX\t10 b", "1 <a> <MX> <10> <b>\n");
    check("a x\nb y\n\n c z\n", "1 <a> <x>\n2 <b> <y>\n4+ <c> <z>\n");
    check("", "");
    check(" \n;x\n\t\n", "");
}

static void comments_end_with_the_line(void **state)
{
    (void)state;
    check("a x;y ( \"\nb y ; z", "1 <a> <x>\n2 <b> <y>\n");
    check("a \"x;y\" x\\;y\n", "1 <a> \"x;y\" <x\\;y>\n");
}

static void parentheses_join_lines(void **state)
{
    (void)state;
    check("a ( x ; (\n y\n\n) z\nb\n", "1 <a> <x> <y> <z>\n5 <b>\n");
    check("a (x)y((z))\n", "1 <a> <x> <y> <z>\n");
    check("a \"(\" \\)\n", "1 <a> \"(\" <\\)>\n");
    check("\n(\n a\n)\n", "3 <a>\n");
}

static void quotation_marks(void **state)
{
    (void)state;
    check("a \"x y\" \"\" \"z\\\"\"\n", "1 <a> \"x y\" \"\" \"z\\\"\"\n");
    check("a k=\"x y\" b=c\n", "1 <a> =<k=\"x y\"> <b=c>\n");
    check("a (\"x\")\n", "1 <a> \"x\"\n");
}

static void line_ends_and_marks_of_other_systems(void **state)
{
    (void)state;
    check("a x\r\nb \"y\"\r\n\r\nc\r", "1 <a> <x>\n2 <b> \"y\"\n4 <c>\n");
    check("\xef\xbb\xbf a x\n", "1+ <a> <x>\n");
    check("a \"\xc3\xa9\"\n", "1 <a> \"\xc3\xa9\"\n");
}

static void what_is_malformed_ends_with_its_line(void **state)
{
    (void)state;
    check("a \"x\nb y\n", "1! a quotation mark is not \n2 <b> <y>\n");
    check("a \"x", "1! a quotation mark is not \n");
    check("a x\"y\" z\nb\n", "1! a quotation mark within \n2 <b>\n");
    check("a \"x\"y\nb\n", "1! text right behind a clos\n2 <b>\n");
    check("a x)\nb\n", "1! a closing parenthesis wi\n2 <b>\n");
    check("a \\256\nb\n", "1! a malformed escape: \\DDD\n2 <b>\n");
    check("a \\25\nb\n", "1! a malformed escape: \\DDD\n2 <b>\n");
    check("a \"\\2\"\nb\n", "1! a malformed escape: \\DDD\n2 <b>\n");
    check("a \\\nb\n", "1! a backslash at the end o\n2 <b>\n");
    check("a x\ry\nb\n", "1! a control character: thi\n2 <b>\n");
    check_octets("a x\0y\nb\n", 8, "1! a control character: thi\n2 <b>\n");
    check_octets("\0\n", 2, "1! a control character: thi\n");
    check("a (\n\nb\n", "1! a parenthesis is not clo\n");
}

/* Whatever the octets are, it ends, and every word is one. */
static void random_octets(void **state)
{
    static const char alphabet[] = "ab=\"\\();\r\n\t 019\xff";
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char octets[24];
        FILE *in;
        struct zonefile z;

        for (size_t i = 0; i < sizeof octets; i++)
            octets[i] = alphabet[test_random(&seed) % sizeof alphabet];
        in = fmemopen(octets, sizeof octets, "r");
        zonefile_init(&z, in);
        for (int found, entries = 0; (found = zonefile_next(&z)) != ZONEFILE_END; entries++) {
            assert_true(entries < (int)sizeof octets);
            assert_true(found == ZONEFILE_FAULT || z.n_words > 0);
            for (size_t i = 0; found == ZONEFILE_ENTRY && i < z.n_words; i++)
                assert_true(z.words[i].quoted || *z.words[i].text);
        }
        zonefile_done(&z);
        fclose(in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_a_line),
        cmocka_unit_test(comments_end_with_the_line),
        cmocka_unit_test(parentheses_join_lines),
        cmocka_unit_test(quotation_marks),
        cmocka_unit_test(line_ends_and_marks_of_other_systems),
        cmocka_unit_test(what_is_malformed_ends_with_its_line),
        cmocka_unit_test(random_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
