/* SPDX-License-Identifier: ISC */
/* Bad site files, and what is said about them. */
#include "conf_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void all_faults_at_once(void **state)
{
    conf_file_check_faults(
        state,
        "[zone]\n"
        "name = -bad-\n"
        "ttl = 0\n"
        "colour = blue\n"
        "[site dc2]\n"
        "address = 192.0.2.300\n"
        "[servers]\n"
        "x = y\n",
        "get.conf:2: name = -bad-: must be a host name: labels of letters, digits and "
        "hyphens, 253 octets at most\n"
        "get.conf:3: ttl = 0: must be a duration from 1s to 7d, such as 60, 90s, 5m or "
        "1h\n"
        "get.conf:4: colour: no such key in [zone]; there are: name parent hostmaster ttl "
        "negative-ttl delegation-ttl records dnssec-key dnssec-publish\n"
        "get.conf:6: address = 192.0.2.300: must be one to eight different IPv4 or IPv6 "
        "unicast addresses, separated by spaces\n"
        "get.conf:7: [servers]: no such section; there are [zone], [site ID], [check], "
        "[check NAME] and [policy]\n"
        "get.conf: [zone] lacks `name`, the delegated name, such as get.example.org\n"
        "get.conf: there is no check of the local web server; a [check] section needs at "
        "least `url`\n"
        "get.conf:5: [site dc2] lacks `nameserver`, the name of its name server\n"
        "get.conf:5: [site dc2] lacks `address`, what the name resolves to there\n");
}

static void duplicates(void **state)
{
    conf_file_check_faults(
        state, ZONE SITE SITE CHECK "[zone]\nttl = 5\n[check]\nurl = unix:/x\nfall = 1\n",
        "get.conf:6: [site dc2]: this site was described before\n"
        "get.conf:11: [zone]: this section was begun before, at line 1\n"
        "get.conf:13: [check]: this check was described before\n");
    conf_file_check_faults(state, ZONE "name = other.example.org\n" SITE CHECK,
                           "get.conf:3: name: given before, at line 2\n");
    conf_file_check_faults(
        state, ZONE SITE CHECK "[policy]\nlast-resort = no\n[policy]\nlast-resort = yes\n",
        "get.conf:10: [policy]: this section was begun before, at line 8\n");
}

static void sites_must_differ(void **state)
{
    conf_file_check_faults(state,
                           ZONE SITE CHECK
                           "[site a]\nnameserver = get.dc2.example.org\naddress = 192.0.2.1\n"
                           "[site b]\nnameserver = b.example.org\naddress = 192.0.2.1\n",
                           "get.conf:8: [site dc2] and [site a] have the same nameserver, "
                           "get.dc2.example.org\n"
                           "get.conf:11: [site a] and [site b] have an address in common\n");
}

static void site_ids(void **state)
{
    static const char wanted[] = "get.conf:6: [site%s]: the site's id must be 1 to 32 letters, "
                                 "digits, `-`, `_` or `.`\n";
    static const char *const ids[] = {"",     " ",         " a b",
                                      " a/b", " \xc3\xbc", " abcdefghijklmnopqrstuvwxyz1234567"};
    char content[512], expected[256];

    for (size_t i = 0; i < LENGTH(ids); i++) {
        snprintf(content, sizeof content, ZONE SITE "[site%s]\npreference = 1\n" CHECK, ids[i]);
        snprintf(expected, sizeof expected, wanted, ids[i][0] ? ids[i] : " ");
        conf_file_check_faults(state, content, expected);
    }
}

static void names_and_parents(void **state)
{
    conf_file_check_faults(
        state, "[zone]\nname = org\n" SITE CHECK,
        "get.conf:2: name = org: must be written in full, with its domain, such as "
        "org.example.org\n"
        "get.conf: [zone] lacks `name`, the delegated name, such as get.example.org\n");
    conf_file_check_faults(
        state, ZONE "parent = example.net\n" SITE CHECK,
        "get.conf: parent = example.net: must be a zone above get.example.org\n");
    conf_file_check_faults(
        state, ZONE "parent = get.example.org\n" SITE CHECK,
        "get.conf: parent = get.example.org: must be a zone above get.example.org\n");
    conf_file_check_faults(state, ZONE "parent = ample.org\n" SITE CHECK,
                           "get.conf: parent = ample.org: must be a zone above get.example.org\n");
    conf_file_check_faults(
        state, ZONE CHECK "[site a]\nnameserver = get.example.org\naddress = 192.0.2.1\n",
        "get.conf:5: [site a]: the nameserver cannot be get.example.org itself: that name "
        "has another address at each site\n");
}

static void checks_that_contradict_themselves(void **state)
{
    conf_file_check_faults(
        state, ZONE SITE "[check]\nfall = 2\n",
        "get.conf:6: the check asks nothing: it needs one of url, tcp, exec, file or "
        "unit\n");
    conf_file_check_faults(
        state, ZONE SITE CHECK "tcp = 127.0.0.1:80\n",
        "get.conf:6: only one of url, tcp, exec and file in one check; use [check NAME] "
        "for the others\n");
    conf_file_check_faults(state, ZONE SITE CHECK "interval = 1s\nfast-interval = 2s\n",
                           "get.conf:6: fast-interval is longer than interval\n");
    conf_file_check_faults(state, ZONE SITE "[check]\ntcp = 127.0.0.1:80\nhost = a.example\n",
                           "get.conf:6: host is of use only beside `url`\n");
    conf_file_check_faults(state, ZONE SITE "[check]\nfile = /x\nexpect-status = 200\n",
                           "get.conf:6: expect-status is of use only beside `url`\n");
    conf_file_check_faults(state, ZONE SITE "[check]\nexec = /x\nexpect-body = ok\n",
                           "get.conf:6: expect-body is of use only beside `url`\n");
    conf_file_check_faults(state, ZONE SITE "[check]\nunit = a.service\nexpect-body = ok\n",
                           "get.conf:6: expect-body is of use only beside `url`\n");
    conf_file_check_faults(state, ZONE SITE CHECK "max-age = 2s\n",
                           "get.conf:6: max-age is of use only beside `file`\n");
    conf_file_check_faults(
        state, ZONE SITE CHECK "insecure = yes\n",
        "get.conf:6: ca-file and insecure are of use only beside an https url\n");
    conf_file_check_faults(
        state, ZONE SITE "[check]\nurl = https://127.0.0.1/\ninsecure = yes\nca-file = /x\n",
        "get.conf:6: ca-file and insecure contradict each other\n");
    conf_file_check_faults(state, ZONE SITE CHECK "[policy]\nhold-down-max = 0s\n",
                           "get.conf: hold-down-max is shorter than hold-down\n");
    conf_file_check_faults(state, ZONE SITE CHECK "[policy]\nhold-down = 1m\nhold-down-max = 1s\n",
                           "get.conf: hold-down-max is shorter than hold-down\n");
}

static void keys_in_the_wrong_section(void **state)
{
    conf_file_check_faults(
        state, "name = get.example.org\n" ZONE SITE CHECK,
        "get.conf: there is a key before the first section; begin with [zone]\n");
    conf_file_check_faults(state, ZONE SITE "ttl = 5\n" CHECK,
                           "get.conf:6: ttl: no such key in [site]; there are: nameserver address "
                           "preference\n");
}

static void at_most_so_many(void **state)
{
    char *content = NULL;
    size_t length;
    FILE *out = open_memstream(&content, &length);

    fputs(ZONE, out);
    for (int i = 0; i <= CONF_SITES_MAX; i++)
        fprintf(out, "[site s%d]\nnameserver = s%d.example.org\naddress = 192.0.2.%d\n", i, i,
                i + 1);
    for (int i = 0; i <= CONF_CHECKS_MAX; i++)
        fprintf(out, "[check c%d]\ntcp = 127.0.0.1:80\n", i);
    fclose(out);
    conf_file_check_faults(state, content,
                           "get.conf:195: [site s64]: more than 64 sites\n"
                           "get.conf:230: more than 16 checks\n");
    free(content);
}

static void control_characters_in_messages(void **state)
{
    conf_file_check_faults(
        state, ZONE "colour\x1b[31m = 1\n" SITE CHECK,
        "get.conf:3: colour?[31m: no such key in [zone]; there are: name parent "
        "hostmaster ttl negative-ttl delegation-ttl records dnssec-key dnssec-publish\n");
}

static void empty_file(void **state)
{
    conf_file_check_faults(
        state, "",
        "get.conf: [zone] lacks `name`, the delegated name, such as get.example.org\n"
        "get.conf: there is no site; describe each in a [site ID] section\n"
        "get.conf: there is no check of the local web server; a [check] section needs at "
        "least `url`\n");
}

static void missing_file(void **state)
{
    struct conf_file *file = *state;

    assert_null(
        conf_file_load_path(file->path, "get.conf: cannot be opened: No such file or directory\n"));
}

static void directory(void **state)
{
    struct conf_file *file = *state;

    assert_int_equal(mkdir(file->path, 0700), 0);
    assert_null(conf_file_load_path(file->path, "get.conf: is a directory, not a file\n"));
}

static void huge_file(void **state)
{
    struct conf_file *file = *state;

    conf_file_write(file, ZONE SITE CHECK);
    assert_int_equal(truncate(file->path, (1 << 20) + 1), 0);
    assert_null(conf_file_load_path(file->path, "get.conf: not a regular file of at most 1 MiB\n"));
}

static void named_pipe(void **state)
{
    struct conf_file *file = *state;
    int fd;

    assert_int_equal(mkfifo(file->path, 0600), 0);
    fd = open(file->path, O_RDWR | O_CLOEXEC);
    assert_null(conf_file_load_path(file->path, "get.conf: not a regular file of at most 1 MiB\n"));
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(all_faults_at_once),
        CONF_FILE_TEST(duplicates),
        CONF_FILE_TEST(sites_must_differ),
        CONF_FILE_TEST(site_ids),
        CONF_FILE_TEST(names_and_parents),
        CONF_FILE_TEST(checks_that_contradict_themselves),
        CONF_FILE_TEST(keys_in_the_wrong_section),
        CONF_FILE_TEST(at_most_so_many),
        CONF_FILE_TEST(control_characters_in_messages),
        CONF_FILE_TEST(empty_file),
        CONF_FILE_TEST(missing_file),
        CONF_FILE_TEST(directory),
        CONF_FILE_TEST(huge_file),
        CONF_FILE_TEST(named_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
