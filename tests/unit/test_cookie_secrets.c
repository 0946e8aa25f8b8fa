/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/cookie_secrets.h"

enum { NOW = 1800000000 };

/* Each test has a directory of its own; the file is called cookies in it. */
struct fixture {
    char directory[64], path[96], new_path[96];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    strcpy(f->directory, "/tmp/test_cookie.XXXXXX");
    if (!mkdtemp(f->directory))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/cookies", f->directory);
    snprintf(f->new_path, sizeof f->new_path, "%s/cookies.new", f->directory);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int r;

    remove(f->path);
    r = remove(f->directory); /* fails when something else was left in it */
    free(f);
    return r;
}

static void write_file(const struct fixture *f, const char *content)
{
    FILE *out = fopen(f->path, "we");

    assert_non_null(out);
    fputs(content, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(f->path, 0600), 0);
}

/* What the daemon does at its first start. */
static void make(const struct fixture *f, struct cookie_secrets *ret)
{
    assert_int_equal(cookie_secrets_load(f->path, NOW, ret), -ENOENT);
    assert_int_equal(cookie_secrets_write(f->path, ret), 0);
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

static bool is_equal(const struct cookie_secrets *a, const struct cookie_secrets *b)
{
    return !memcmp(a->current, b->current, sizeof a->current) &&
           a->has_previous == b->has_previous &&
           (!a->has_previous || !memcmp(a->previous, b->previous, sizeof a->previous));
}

/* The secrets that a failed load leaves are random ones, and the file is not touched. */
static void assert_refused(const struct fixture *f, int error)
{
    struct cookie_secrets first, second;

    memset(&first, 0, sizeof first);
    second = first;
    assert_int_equal(cookie_secrets_load(f->path, NOW, &first), error);
    assert_int_equal(cookie_secrets_load(f->path, NOW, &second), error);
    assert_memory_not_equal(first.current, second.current, sizeof first.current);
    assert_false(first.has_previous);
}

static void made_at_first_start_and_kept(void **state)
{
    const struct fixture *f = *state;
    struct cookie_secrets first, again;
    mode_t before = umask(0);

    make(f, &first);
    umask(before);
    assert_mode(f->path, 0600);
    assert_int_equal(cookie_secrets_load(f->path, NOW, &again), 0);
    assert_false(first.has_previous);
    assert_true(is_equal(&first, &again));
}

static void rotation_keeps_the_previous(void **state)
{
    const struct fixture *f = *state;
    struct cookie_secrets first, second, again;

    make(f, &first);
    cookie_secrets_rotate(&first, NOW, &second);
    assert_int_equal(cookie_secrets_write(f->path, &second), 0);
    assert_mode(f->path, 0600);
    assert_true(second.has_previous);
    assert_memory_equal(second.previous, first.current, sizeof first.current);
    assert_memory_not_equal(second.current, first.current, sizeof first.current);
    assert_int_equal(cookie_secrets_load(f->path, NOW, &again), 0);
    assert_true(is_equal(&second, &again));
    cookie_secrets_rotate(&again, NOW, &again);
    assert_memory_equal(again.previous, second.current, sizeof second.current);
}

static void a_file_from_a_crash_is_replaced(void **state)
{
    const struct fixture *f = *state;
    struct cookie_secrets secrets, again;
    FILE *left = fopen(f->new_path, "we");

    assert_non_null(left);
    fclose(left);
    assert_int_equal(chmod(f->new_path, 0666), 0);
    make(f, &secrets);
    assert_mode(f->path, 0600);
    assert_int_equal(access(f->new_path, F_OK), -1);
    assert_int_equal(cookie_secrets_load(f->path, NOW, &again), 0);
    assert_true(is_equal(&secrets, &again));
}

static void refused_when_others_may_read(void **state)
{
    static const mode_t modes[] = {0640, 0620, 0604, 0602, 0666};
    const struct fixture *f = *state;
    struct cookie_secrets secrets;

    make(f, &secrets);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(f->path, modes[i]), 0);
        assert_refused(f, -EPERM);
        assert_mode(f->path, modes[i]);
    }
}

#define SECRET "00112233445566778899aabbccddeeff"

static void refused_when_damaged(void **state)
{
    static const char *const contents[] = {
        "",
        "\n",
        SECRET,
        SECRET "\n\n",
        SECRET "\n" SECRET,
        SECRET "\r\n",
        SECRET "\n" SECRET "\n" SECRET "\n",
        "0011223344556677:8899aabbccddeef\n",
        "00112233445566778899aabbccddeefg\n",
        SECRET "\n00112233445566778899aabbccddee \n",
    };
    const struct fixture *f = *state;

    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        write_file(f, contents[i]);
        assert_refused(f, -EBADMSG);
    }
}

static void read_as_written(void **state)
{
    const struct fixture *f = *state;
    struct cookie_secrets secrets;

    write_file(f, SECRET "\nFFEEDDCCBBAA99887766554433221100\n");
    assert_int_equal(cookie_secrets_load(f->path, NOW, &secrets), 0);
    assert_true(secrets.has_previous);
    for (int i = 0; i < COOKIE_SECRET_LENGTH; i++) {
        assert_int_equal(secrets.current[i], 0x11 * i);
        assert_int_equal(secrets.previous[i], 0xff - 0x11 * i);
    }
}

/* RFC 7873 section 7.1; the age of the file counts, so that restarts do not make it younger. */
static void due_after_a_day(void **state)
{
    const struct fixture *f = *state;
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = NOW - 86399}};
    struct cookie_secrets secrets;

    make(f, &secrets);
    assert_false(cookie_secrets_are_due(&secrets, NOW));
    assert_int_equal(utimensat(AT_FDCWD, f->path, times, 0), 0);
    assert_int_equal(cookie_secrets_load(f->path, NOW, &secrets), 0);
    assert_false(cookie_secrets_are_due(&secrets, NOW));
    assert_true(cookie_secrets_are_due(&secrets, NOW + 1));
    assert_true(cookie_secrets_are_due(&secrets, NOW - 86400));
    cookie_secrets_rotate(&secrets, NOW + 1, &secrets);
    assert_false(cookie_secrets_are_due(&secrets, NOW + 1));
}

static void nowhere_to_write(void **state)
{
    struct fixture *f = *state;
    struct cookie_secrets secrets;

    snprintf(f->path, sizeof f->path, "%s/missing/cookies", f->directory);
    assert_refused(f, -ENOENT);
    cookie_secrets_make(NOW, &secrets);
    assert_int_equal(cookie_secrets_write(f->path, &secrets), -ENOENT);
}

static void a_directory_in_its_place(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_refused(f, -EISDIR);
}

static void errors_in_words(void **state)
{
    (void)state;
    assert_non_null(strstr(cookie_secrets_strerror(-EPERM), "chmod 600"));
    assert_non_null(strstr(cookie_secrets_strerror(-EBADMSG), "remove it"));
    assert_string_equal(cookie_secrets_strerror(-ENOSPC), strerror(ENOSPC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_at_first_start_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rotation_keeps_the_previous, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_from_a_crash_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_when_others_may_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_when_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_as_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(due_after_a_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nowhere_to_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_in_its_place, set_up, tear_down),
        cmocka_unit_test(errors_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
