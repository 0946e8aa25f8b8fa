/* SPDX-License-Identifier: ISC */
/* Lines broken as the width of the terminal wants, and no more than its height. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "check/screen.h"

static char *draw(const struct screen_part *parts, size_t n, size_t width, size_t height)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);

    assert_non_null(file);
    screen_draw(parts, n, width, height, file);
    assert_int_equal(fclose(file), 0);
    return out;
}

static void expect(const char *text, size_t width, size_t height, const char *drawn)
{
    char *out = draw(&(struct screen_part){.text = text}, 1, width, height);

    assert_string_equal(out, drawn);
    free(out);
}

#define BEGIN "\033[H"
#define ROW   "\033[K" /* before the row: behind it, it may take the last character */
#define END   "\033[0m\033[J"

static void test_lines(void **state)
{
    (void)state;
    expect("", 20, 10, BEGIN END);
    expect("one\n\ntwo\n", 20, 10, BEGIN ROW "one\n" ROW "\n" ROW "two\n" END);
    expect("no newline", 20, 10, BEGIN ROW "no newline\n" END);
}

static void test_breaks(void **state)
{
    (void)state;
    expect("aaaa bbbb cccc dddd\n", 10, 10,
           BEGIN ROW "aaaa bbbb\n" ROW "    cccc\n" ROW "    dddd\n" END);
    expect("aaaaa bbbb\n", 10, 10, BEGIN ROW "aaaaa bbbb\n" END);
    expect("aaaaabbbbbccccc\n", 10, 10, BEGIN ROW "aaaaabbbbb\n" ROW "    ccccc\n" END);
}

static void test_colours_take_no_room(void **state)
{
    (void)state;
    expect("\033[31maaaa\033[0m bbbbb\n", 10, 10, BEGIN ROW "\033[31maaaa\033[0m bbbbb\n" END);
}

static void test_height(void **state)
{
    (void)state;
    expect("a\nb\nc\nd\n", 20, 3, BEGIN ROW "a\n" ROW "b\n" END);
    expect("aaaa bbbb cccc dddd\n", 10, 3, BEGIN ROW "aaaa bbbb\n" ROW "    cccc\n" END);
}

/* Which rows of three parts are drawn: of the second those that begin with b. */
static void expect_shares(size_t height, const char *rows)
{
    static const struct screen_part parts[] = {{.text = "a\na\n", .least = 9},
                                               {.text = "b\nb\nb\nb\n", .least = 2, .more = "+"},
                                               {.text = "c\nc\nc\n", .least = 2}};
    char *out = draw(parts, 3, 20, height), drawn[20] = "";

    for (const char *c = out; *c; c++)
        if (*c == '\033')
            c += strcspn(c, "mHKJ");
        else if (*c != '\n')
            strncat(drawn, c, 1);
    assert_string_equal(drawn, rows);
    free(out);
}

static void test_who_gets_the_space(void **state)
{
    (void)state;
    expect_shares(1, "");
    expect_shares(2, "a");
    expect_shares(3, "aa");
    expect_shares(4, "aa+");
    expect_shares(5, "aab+");
    expect_shares(6, "aab+c");
    expect_shares(7, "aab+cc");
    expect_shares(8, "aabb+cc");
    expect_shares(9, "aabbbbcc");
    expect_shares(10, "aabbbbccc");
    expect_shares(20, "aabbbbccc");
}

/* Whatever the size, no row is wider, and there are not more of them. */
static void test_any_size(void **state)
{
    static const char text[] =
        "some words of \033[32mseveral\033[0m lengths, averylongoneamongthem\n\nx\n"
        "        indented by much, and going on\n";
    static const struct screen_part parts[] = {
        {.text = text, .least = 2, .more = "... and more of it"}, {.text = text, .least = 3}};

    (void)state;
    for (size_t width = 1; width < 60; width++)
        for (size_t height = 1; height < 12; height++) {
            size_t rows = 0, columns = 0;
            char *out = draw(parts, 2, width, height);

            for (const char *c = out; *c; c++) {
                if (*c == '\033')
                    c += strcspn(c, "mHKJ");
                else if (*c == '\n')
                    rows++, columns = 0;
                else
                    assert_true(++columns <= (width < 8 ? 8 : width));
            }
            assert_true(rows < height || height == 1);
            free(out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_colours_take_no_room),
        cmocka_unit_test(test_height),
        cmocka_unit_test(test_who_gets_the_space),
        cmocka_unit_test(test_any_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
