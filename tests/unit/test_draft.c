/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "draft.h"
#include "replace.h"

static char told[512];

static void on_fault(const char *text)
{
    snprintf(told, sizeof told, "%s", text);
}

static void the_name_is_that_of_the_file(void **state)
{
    static const struct {
        const char *path, *name;
    } cases[] = {
        {"get.example.org.conf", "get.example.org"},
        {"/etc/sitens/get.example.org.conf", "get.example.org"},
        {"/etc/x.conf/get.example.org", ""},
        {".conf", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct draft draft = {.path = cases[i].path};
        size_t length;
        const char *name = draft_name(&draft, &length);

        assert_int_equal(length, strlen(cases[i].name));
        assert_memory_equal(name, cases[i].name, length);
    }
}

static int load(const char *id, const char *addresses, const char *url, struct conf **ret)
{
    struct draft draft = {.path = "get.example.org.conf"};
    int r;

    draft.n_sites = id ? 1 : 0;
    if (id)
        assert_int_equal(draft_set(&draft.sites[0].id, id), 0);
    if (addresses)
        assert_int_equal(draft_set(&draft.sites[0].addresses, addresses), 0);
    if (url)
        assert_int_equal(draft_set(&draft.url, url), 0);
    *told = '\0';
    r = draft_load(&draft, on_fault, ret);
    draft_done(&draft);
    return r;
}

static void what_is_missing_is_no_fault_yet(void **state)
{
    (void)state;
    assert_int_equal(load(NULL, NULL, NULL, NULL), 0);
    assert_int_equal(load("dc1", NULL, NULL, NULL), 0);
    assert_int_equal(load("dc1", "192.0.2.1", NULL, NULL), 0);
    assert_string_equal(told, "");
}

static void what_is_answered_is_read_back(void **state)
{
    struct conf *conf;

    (void)state;
    assert_int_equal(load("dc1", " 192.0.2.1,2001:db8::1 ", "http://127.0.0.1:81/x", &conf), 0);
    assert_string_equal(conf->path, "get.example.org.conf");
    assert_string_equal(conf->name, "get.example.org");
    assert_string_equal(conf->sites[0].nameserver, "get.dc1.example.org");
    assert_int_equal(conf->sites[0].address.n, 2);
    assert_int_equal(conf->checks[0].url.port, 81);
    conf_free(conf);
}

static void the_first_fault_is_told_without_its_place(void **state)
{
    (void)state;
    assert_int_equal(load("dc1", "x", NULL, NULL), FAULTS_REPORTED);
    assert_memory_equal(told, "address = x: must be", 20);
}

/* Each would otherwise be read as less than what was answered. */
static void what_ends_a_value_is_refused(void **state)
{
    static const char *const endings[] = {" ;x", "#x", "\nttl = 5", "\r", "\x7f"};

    (void)state;
    for (size_t i = 0; i < LENGTH(endings); i++) {
        char text[64];

        snprintf(text, sizeof text, "http://127.0.0.1/%s", endings[i]);
        assert_int_equal(load(NULL, NULL, text, NULL), FAULTS_REPORTED);
        snprintf(text, sizeof text, "192.0.2.1%s", endings[i]);
        assert_int_equal(load("dc1", text, NULL, NULL), FAULTS_REPORTED);
        snprintf(text, sizeof text, "dc1]%s", endings[i]);
        assert_int_equal(load(text, NULL, NULL, NULL), FAULTS_REPORTED);
    }
}

static void a_new_file_replaces_none(void **state)
{
    static const struct replace_options only_new = {.mode = 0600, .only_new = true};
    char directory[] = "/tmp/test_draft.XXXXXX", text[8];
    int fd;

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(replace_file("file", "one", 3, &only_new), 0);
    assert_int_equal(replace_file("file", "two", 3, &only_new), -EEXIST);
    assert_int_equal(access("file.new", F_OK), -1);
    fd = open("file", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, text, sizeof text), 3);
    assert_memory_equal(text, "one", 3);
    close(fd);
    unlink("file");
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_that_of_the_file),
        cmocka_unit_test(what_is_missing_is_no_fault_yet),
        cmocka_unit_test(what_is_answered_is_read_back),
        cmocka_unit_test(the_first_fault_is_told_without_its_place),
        cmocka_unit_test(what_ends_a_value_is_refused),
        cmocka_unit_test(a_new_file_replaces_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
