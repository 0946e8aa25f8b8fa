/* SPDX-License-Identifier: ISC */
#include "conf_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "control/self.h"

#define DC3 "[site dc3]\nnameserver = ns.dc3.example.org\naddress = 198.51.100.20 2001:db8:3::20\n"

/* A host with these addresses, separated by spaces. */
static struct self_host *host(const char *name, const char *addresses)
{
    struct self_host *host = calloc(1, sizeof *host + strlen(addresses) * sizeof host->address[0]);
    char *copy = strdup(addresses), *rest = NULL;

    assert_non_null(host);
    snprintf(host->name, sizeof host->name, "%s", name);
    for (char *t = strtok_r(copy, " ", &rest); t; t = strtok_r(NULL, " ", &rest))
        assert_true(address_parse(t, &host->address[host->n++]));
    free(copy);
    return host;
}

static void on_fault(void *userdata, const char *text)
{
    snprintf(userdata, 1024, "%s", text);
}

/* Which site the host is; "" and a fault that contains each of the parts when it is none. */
static void check_site(void **state, struct self_host *at, const char *id, const char *expected,
                       const char *const *parts)
{
    struct conf *conf = conf_file_load(state, ZONE SITE CHECK DC3);
    char fault[1024] = "";
    struct faults faults = {.on_fault = on_fault, .userdata = fault};
    struct self self = {.site = NULL};
    bool found = self_find(conf, at, id, &faults, &self);

    assert_string_equal(found ? self.site->id : "", expected);
    assert_int_equal(fault[0] == '\0', found);
    for (; *parts; parts++)
        if (!strstr(fault, *parts))
            fail_msg("`%s` is not in: %s", *parts, fault);
    conf_free(conf);
    free(at);
}

static const char *const no_parts[] = {NULL};

static void by_option(void **state)
{
    static const char *const parts[] = {"dc9", "dc2 (192.0.2.10)", "dc3 (198.51.100.20)",
                                        "box, with 10.0.0.1", NULL};

    check_site(state, host("dc3", "192.0.2.10"), "dc3", "dc3", no_parts);
    check_site(state, host("box", "10.0.0.1"), "dc9", "", parts);
}

static void by_address(void **state)
{
    check_site(state, host("dc2", "127.0.0.1 2001:db8:3::20"), NULL, "dc3", no_parts);
}

static void by_name(void **state)
{
    check_site(state, host("dc3", "10.0.0.1"), NULL, "dc3", no_parts);
    check_site(state, host("DC3.example.org", "10.0.0.1"), NULL, "dc3", no_parts);
    check_site(state, host("ns.dc3.example.org", "10.0.0.1"), NULL, "dc3", no_parts);
}

static void by_nothing(void **state)
{
    static const char *const parts[] = {"--site ID", "dc2 (192.0.2.10)", "dc3 (198.51.100.20)",
                                        "box, with 10.0.0.1 fd00::1", NULL};

    check_site(state, host("box", "10.0.0.1 fd00::1"), NULL, "", parts);
    check_site(state, host("ns", "10.0.0.1 fd00::1"), NULL, "", (const char *const[]){"ns", NULL});
}

static void by_too_much(void **state)
{
    static const char *const parts[] = {"more than one site", "--site ID", NULL};

    check_site(state, host("box", "192.0.2.10 198.51.100.20"), NULL, "", parts);
}

/* By what a host that is a site is known, and what the doubt says; "": none. */
static void check_doubt(void **state, struct self_host *at, const char *id, const char *by,
                        const char *doubt)
{
    struct conf *conf = conf_file_load(state, ZONE SITE CHECK DC3);
    struct faults faults = {.on_fault = NULL};
    struct self self;

    assert_true(self_find(conf, at, id, &faults, &self));
    assert_string_equal(self.by, by);
    if (!*doubt)
        assert_string_equal(self.doubt, "");
    else if (!strstr(self.doubt, doubt))
        fail_msg("`%s` is not in: %s", doubt, self.doubt);
    conf_free(conf);
    free(at);
}

static void says_by_what_it_knows(void **state)
{
    check_doubt(state, host("box", "192.0.2.10"), NULL, "by its address, 192.0.2.10", "");
    check_doubt(state, host("dc2.example.org", "192.0.2.10"), NULL, "by its address, 192.0.2.10",
                "");
    check_doubt(state, host("box", "10.0.0.1"), "dc3", "by --site", "");
    check_doubt(state, host("dc2", "10.0.0.1 198.51.100.20"), "dc3", "by --site", "");
}

static void doubts_swapped_addresses(void **state)
{
    check_doubt(state, host("dc3", "192.0.2.10"), NULL, "by its address, 192.0.2.10",
                "this host has 192.0.2.10, an address of site dc2, but its name, dc3, is that of "
                "site dc3");
    check_doubt(state, host("ns.dc3.example.org", "192.0.2.10"), NULL, "by its address, 192.0.2.10",
                "is that of site dc3");
    check_doubt(state, host("box", "192.0.2.10"), "dc3", "by --site",
                "has 192.0.2.10, an address of site dc2");
}

static void doubts_addresses_that_are_not_here(void **state)
{
    check_doubt(state, host("dc2", "192.0.2.11"), NULL, "by the name of this host, dc2",
                "192.0.2.10, the address of site dc2, is not on this host");
    check_doubt(state, host("dc3", "198.51.100.20 2001:db8:3::2"), NULL,
                "by its address, 198.51.100.20",
                "2001:db8:3::20, an address of site dc3, is not on this host");
    check_doubt(state, host("dc3", "198.51.100.20 2001:db8:3::20"), NULL,
                "by its address, 198.51.100.20", "");
}

enum { LISTEN_MAX = 8 };

/* Where the site with these addresses listens on a host with those. */
static void check_listen(const char *site_addresses, const char *host_addresses,
                         const char *expected)
{
    struct self_host *at = host("box", host_addresses);
    struct conf_site site = {.id = NULL};
    struct address list[LISTEN_MAX];
    char text[1024] = "", address[ADDRESS_TEXT_MAX];
    size_t n;

    assert_int_equal(value_type_addresses.parse(site_addresses, NULL, &site.address), 0);
    n = self_listen_addresses(&site, at, list, 0, LISTEN_MAX);
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                 address_text(&list[i], address));
    assert_string_equal(text, expected);
    free(at);
}

static void listens_on_the_sites_addresses(void **state)
{
    (void)state;
    check_listen("192.0.2.1 192.0.2.2", "127.0.0.1 192.0.2.1 192.0.2.2 192.0.2.3",
                 "192.0.2.1 192.0.2.2");
    check_listen("192.0.2.1 2001:db8::1", "192.0.2.1 2001:db8::1 2001:db8::2",
                 "192.0.2.1 2001:db8::1");
}

static void listens_on_addresses_that_are_not_there_yet(void **state)
{
    (void)state;
    check_listen("192.0.2.1 192.0.2.2", "127.0.0.1 192.0.2.1", "192.0.2.1 192.0.2.2");
    check_listen("192.0.2.1 192.0.2.2", "127.0.0.1 169.254.1.1", "192.0.2.1 192.0.2.2");
}

static void listens_on_every_global_address_behind_nat(void **state)
{
    (void)state;
    check_listen("192.0.2.1", "127.0.0.1 127.0.0.2 169.254.1.1 10.0.0.1 10.0.0.2 fd00::1",
                 "10.0.0.1 10.0.0.2");
    check_listen("192.0.2.1 2001:db8::1", "10.0.0.1 ::1 fe80::1 2001:db8::1",
                 "10.0.0.1 2001:db8::1");
}

static void listens_once_for_two_zones(void **state)
{
    struct self_host *at = host("box", "127.0.0.1 10.0.0.1 10.0.0.2");
    struct conf_site site = {.id = NULL};
    struct address list[LISTEN_MAX];

    (void)state;
    assert_int_equal(value_type_addresses.parse("192.0.2.1", NULL, &site.address), 0);
    assert_int_equal(self_listen_addresses(&site, at, list, 0, LISTEN_MAX), 2);
    assert_int_equal(self_listen_addresses(&site, at, list, 2, LISTEN_MAX), 2);
    assert_int_equal(self_listen_addresses(&site, at, list, 0, 1), 1);
    free(at);
}

static void the_same_addresses(void **state)
{
    struct self_host *one = host("box", "10.0.0.1 10.0.0.2"), *two = host("box", "10.0.0.1");

    (void)state;
    assert_true(self_host_is_same(one, one));
    assert_false(self_host_is_same(one, two));
    assert_false(self_host_is_same(two, one));
    free(two);
    two = host("box", "10.0.0.1 10.0.0.3");
    assert_false(self_host_is_same(one, two));
    free(one);
    free(two);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(by_option),
        CONF_FILE_TEST(by_address),
        CONF_FILE_TEST(by_name),
        CONF_FILE_TEST(by_nothing),
        CONF_FILE_TEST(by_too_much),
        CONF_FILE_TEST(says_by_what_it_knows),
        CONF_FILE_TEST(doubts_swapped_addresses),
        CONF_FILE_TEST(doubts_addresses_that_are_not_here),
        cmocka_unit_test(listens_on_the_sites_addresses),
        cmocka_unit_test(listens_on_addresses_that_are_not_there_yet),
        cmocka_unit_test(listens_on_every_global_address_behind_nat),
        cmocka_unit_test(listens_once_for_two_zones),
        cmocka_unit_test(the_same_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
