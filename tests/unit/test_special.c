/* SPDX-License-Identifier: ISC */
#include "conf/special.h"

#include <string.h>

#include "test.h"

static const struct {
    const char *address;
    enum special_kind kind;
} samples[] = {
    /* The ends of each entry, and what lies beside them. */
    {"0.0.0.0", SPECIAL_NEVER},
    {"0.255.255.255", SPECIAL_NEVER},
    {"1.0.0.0", SPECIAL_NONE},
    {"9.255.255.255", SPECIAL_NONE},
    {"10.0.0.0", SPECIAL_PRIVATE},
    {"10.255.255.255", SPECIAL_PRIVATE},
    {"11.0.0.0", SPECIAL_NONE},
    {"100.63.255.255", SPECIAL_NONE},
    {"100.64.0.0", SPECIAL_PRIVATE},
    {"100.127.255.255", SPECIAL_PRIVATE},
    {"100.128.0.0", SPECIAL_NONE},
    {"126.255.255.255", SPECIAL_NONE},
    {"127.0.0.1", SPECIAL_PRIVATE},
    {"127.255.255.255", SPECIAL_PRIVATE},
    {"169.253.255.255", SPECIAL_NONE},
    {"169.254.0.1", SPECIAL_PRIVATE},
    {"172.15.255.255", SPECIAL_NONE},
    {"172.16.0.0", SPECIAL_PRIVATE},
    {"172.31.255.255", SPECIAL_PRIVATE},
    {"172.32.0.0", SPECIAL_NONE},
    {"192.0.0.0", SPECIAL_PRIVATE},
    {"192.0.0.7", SPECIAL_PRIVATE},
    {"192.0.0.8", SPECIAL_NEVER},
    {"192.0.0.9", SPECIAL_RESERVED},
    {"192.0.0.10", SPECIAL_RESERVED},
    {"192.0.0.11", SPECIAL_NEVER},
    {"192.0.0.170", SPECIAL_NEVER},
    {"192.0.0.171", SPECIAL_NEVER},
    {"192.0.0.255", SPECIAL_NEVER},
    {"192.0.1.0", SPECIAL_NONE},
    {"192.0.2.1", SPECIAL_DOCUMENTATION},
    {"192.0.3.0", SPECIAL_NONE},
    {"192.31.196.1", SPECIAL_RESERVED},
    {"192.52.193.1", SPECIAL_RESERVED},
    {"192.88.98.255", SPECIAL_NONE},
    {"192.88.99.1", SPECIAL_RESERVED},
    {"192.88.100.0", SPECIAL_NONE},
    {"192.168.0.1", SPECIAL_PRIVATE},
    {"192.169.0.0", SPECIAL_NONE},
    {"192.175.48.1", SPECIAL_RESERVED},
    {"198.17.255.255", SPECIAL_NONE},
    {"198.18.0.0", SPECIAL_PRIVATE},
    {"198.19.255.255", SPECIAL_PRIVATE},
    {"198.20.0.0", SPECIAL_NONE},
    {"198.51.100.1", SPECIAL_DOCUMENTATION},
    {"203.0.113.255", SPECIAL_DOCUMENTATION},
    {"203.0.114.0", SPECIAL_NONE},
    {"223.255.255.255", SPECIAL_NONE},
    {"224.0.0.1", SPECIAL_NEVER},
    {"239.255.255.255", SPECIAL_NEVER},
    {"240.0.0.1", SPECIAL_NEVER},
    {"255.255.255.254", SPECIAL_NEVER},
    {"255.255.255.255", SPECIAL_NEVER},
    {"::", SPECIAL_NEVER},
    {"::1", SPECIAL_PRIVATE},
    {"::2", SPECIAL_RESERVED},
    {"::192.0.2.1", SPECIAL_RESERVED},
    {"::fffe:1.2.3.4", SPECIAL_RESERVED},
    {"::ffff:1.2.3.4", SPECIAL_NEVER},
    {"64:ff9b::1.2.3.4", SPECIAL_RESERVED},
    {"64:ff9b:1::1", SPECIAL_PRIVATE},
    {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", SPECIAL_PRIVATE},
    {"64:ff9b:2::1", SPECIAL_RESERVED},
    {"100::1", SPECIAL_NEVER},
    {"100:0:0:1::1", SPECIAL_NEVER},
    {"100:0:0:2::1", SPECIAL_RESERVED},
    {"1fff:ffff::1", SPECIAL_RESERVED},
    {"2000::1", SPECIAL_NONE},
    {"2001::1", SPECIAL_RESERVED},
    {"2001:0:ffff::1", SPECIAL_RESERVED},
    {"2001:1::", SPECIAL_NEVER},
    {"2001:1::1", SPECIAL_RESERVED},
    {"2001:1::2", SPECIAL_RESERVED},
    {"2001:1::3", SPECIAL_RESERVED},
    {"2001:1::4", SPECIAL_NEVER},
    {"2001:2::1", SPECIAL_PRIVATE},
    {"2001:2:1::1", SPECIAL_NEVER},
    {"2001:3::1", SPECIAL_RESERVED},
    {"2001:4:112::1", SPECIAL_RESERVED},
    {"2001:4:113::1", SPECIAL_NEVER},
    {"2001:10::1", SPECIAL_RESERVED},
    {"2001:2f:ffff::1", SPECIAL_RESERVED},
    {"2001:3f:ffff::1", SPECIAL_RESERVED},
    {"2001:40::1", SPECIAL_NEVER},
    {"2001:1ff:ffff::1", SPECIAL_NEVER},
    {"2001:200::1", SPECIAL_NONE},
    {"2001:db7:ffff::1", SPECIAL_NONE},
    {"2001:db8::1", SPECIAL_DOCUMENTATION},
    {"2001:db9::1", SPECIAL_NONE},
    {"2002::1", SPECIAL_RESERVED},
    {"2002:ffff::1", SPECIAL_RESERVED},
    {"2003::1", SPECIAL_NONE},
    {"2620:4f:8000::1", SPECIAL_RESERVED},
    {"2a00:1450::1", SPECIAL_NONE},
    {"3ffe::1", SPECIAL_NONE},
    {"3fff::1", SPECIAL_DOCUMENTATION},
    {"3fff:fff::1", SPECIAL_DOCUMENTATION},
    {"3fff:1000::1", SPECIAL_NONE},
    {"4000::1", SPECIAL_RESERVED},
    {"5f00::1", SPECIAL_PRIVATE},
    {"5f01::1", SPECIAL_RESERVED},
    {"fbff::1", SPECIAL_RESERVED},
    {"fc00::1", SPECIAL_PRIVATE},
    {"fdff::1", SPECIAL_PRIVATE},
    {"fe00::1", SPECIAL_RESERVED},
    {"fe80::1", SPECIAL_NEVER},
    {"febf::1", SPECIAL_NEVER},
    {"fec0::1", SPECIAL_PRIVATE},
    {"feff::1", SPECIAL_PRIVATE},
    {"ff00::1", SPECIAL_NEVER},
    {"ff02::1", SPECIAL_NEVER},
};

static void addresses_are_of_their_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(samples); i++) {
        const struct special *special;
        struct address address;

        assert_true(address_parse(samples[i].address, &address));
        special = special_address(&address);
        if (special->kind != samples[i].kind)
            fail_msg("%s is %s", samples[i].address, special->what ? special->what : "fine");
        assert_int_equal(special->what == NULL, special->kind == SPECIAL_NONE);
    }
}

/* The entry that is found is one that the address belongs to. */
static void every_address_has_an_entry(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct address address = {.family = i % 2 ? AF_INET : AF_INET6}, prefix;
        const struct special *special;

        for (size_t k = 0; k < (i % 2 ? 4 : 16); k++)
            address.octets[k] = (uint8_t)test_random(&seed);
        special = special_address(&address);
        assert_non_null(special);
        assert_true(address_parse(special->entry, &prefix));
        assert_true(address_is_within(&address, &prefix, special->bits));
    }
}

static void names_are_of_their_kind(void **state)
{
    static const struct {
        const char *name, *entry;
        enum special_kind kind;
    } rows[] = {
        {"get.example.test", "test", SPECIAL_PRIVATE},
        {"test", "test", SPECIAL_PRIVATE},
        {"get.test.org", NULL, SPECIAL_NONE},
        {"get.atest", NULL, SPECIAL_NONE},
        {"get.example", "example", SPECIAL_DOCUMENTATION},
        {"get.example.com", "example.com", SPECIAL_DOCUMENTATION},
        {"example.net", "example.net", SPECIAL_DOCUMENTATION},
        {"a.b.example.org", "example.org", SPECIAL_DOCUMENTATION},
        {"get.myexample.org", NULL, SPECIAL_NONE},
        {"get.example.de", NULL, SPECIAL_NONE},
        {"get.invalid", "invalid", SPECIAL_NEVER},
        {"get.localhost", "localhost", SPECIAL_NEVER},
        {"localhost", "localhost", SPECIAL_NEVER},
        {"get.local", "local", SPECIAL_PRIVATE},
        {"get.onion", "onion", SPECIAL_NEVER},
        {"get.alt", "alt", SPECIAL_NEVER},
        {"get.home.arpa", "home.arpa", SPECIAL_PRIVATE},
        {"get.internal", "internal", SPECIAL_PRIVATE},
        {"resolver.arpa", "resolver.arpa", SPECIAL_NEVER},
        {"ipv4only.arpa", "ipv4only.arpa", SPECIAL_NEVER},
        {"get.service.arpa", "service.arpa", SPECIAL_PRIVATE},
        {"get.10.in-addr.arpa", "10.in-addr.arpa", SPECIAL_PRIVATE},
        {"get.15.172.in-addr.arpa", NULL, SPECIAL_NONE},
        {"get.16.172.in-addr.arpa", "16.172.in-addr.arpa", SPECIAL_PRIVATE},
        {"get.31.172.in-addr.arpa", "31.172.in-addr.arpa", SPECIAL_PRIVATE},
        {"get.32.172.in-addr.arpa", NULL, SPECIAL_NONE},
        {"get.168.192.in-addr.arpa", "168.192.in-addr.arpa", SPECIAL_PRIVATE},
        {"get.videolan.org", NULL, SPECIAL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct special *special = special_name(rows[i].name);

        if ((special != NULL) != (rows[i].entry != NULL))
            fail_msg("%s is %s", rows[i].name, special ? special->what : "fine");
        if (!special)
            continue;
        assert_string_equal(special->entry, rows[i].entry);
        assert_int_equal(special->kind, rows[i].kind);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_of_their_kind),
        cmocka_unit_test(every_address_has_an_entry),
        cmocka_unit_test(names_are_of_their_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
