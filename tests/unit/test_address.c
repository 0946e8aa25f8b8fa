/* SPDX-License-Identifier: ISC */
#include "conf/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "test.h"

static struct address make(const char *text)
{
    struct address address;

    assert_true(address_parse(text, &address));
    return address;
}

static void texts_come_back(void **state)
{
    static const char *const texts[] = {"192.0.2.10", "0.0.0.0", "::", "2001:db8:2::10",
                                        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    char text[ADDRESS_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct address address = make(texts[i]);

        assert_string_equal(address_text(&address, text), texts[i]);
    }
    assert_string_equal(address_text(&(struct address){0}, text), "-");
}

static void what_is_no_address_leaves_the_result(void **state)
{
    static const char *const texts[] = {
        "",           "1",          "192.0.2",      "192.0.2.256",      "192.0.2.010",
        "192.0.2.1 ", "192.0.2.1.", "192.0.2.1/24", "fe80::1%eth0",     ":",
        ":::",        "[::1]",      "example.org",  "::ffff:1.2.3.4.5", "1:2:3:4:5:6:7:8:9"};
    struct address address = make("192.0.2.1");

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++)
        if (address_parse(texts[i], &address))
            fail_msg("`%s` was taken", texts[i]);
    assert_true(address_is_equal(&address, &(struct address){AF_INET, {192, 0, 2, 1}}));
}

static void families_are_told_apart(void **state)
{
    struct address v4 = make("32.1.13.184"), v6 = make("2001:db8::"), other = make("2001:db8::1");

    (void)state;
    assert_false(address_is_equal(&v4, &v6)); /* the same first octets */
    assert_false(address_is_within(&v4, &v6, 32));
    assert_false(address_is_within(&v4, &v6, 0));
    assert_false(address_is_equal(&v6, &other));
    assert_true(address_is_equal(&v6, &v6));
}

/* Every length of prefix: the address with one bit other is inside as long as that bit is not. */
static void prefixes_end_at_their_bit(void **state)
{
    struct address base = make("2001:db8:5a5a:a5a5:1234:5678:9abc:def0");

    (void)state;
    for (unsigned bit = 0; bit < 128; bit++)
        for (unsigned bits = 0; bits <= 128; bits++) {
            struct address other = base;

            other.octets[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            assert_int_equal(address_is_within(&other, &base, bits), bit >= bits);
        }
}

static void wildcards(void **state)
{
    const struct address v4 = make("0.0.0.0"), v6 = make("::"), one = make("::1");

    (void)state;
    assert_true(address_is_wildcard(&v4));
    assert_true(address_is_wildcard(&v6));
    assert_false(address_is_wildcard(&one));
}

struct sample {
    const char *text, *address; /* address NULL: refused */
    unsigned port;
};

static void check(bool parsed, const struct sample *sample, const struct endpoint *endpoint)
{
    char text[ADDRESS_TEXT_MAX];

    if (parsed != (sample->address != NULL))
        fail_msg("`%s` was %s", sample->text, parsed ? "taken" : "refused");
    if (!parsed)
        return;
    assert_string_equal(address_text(&endpoint->address, text), sample->address);
    assert_int_equal(endpoint->port, sample->port);
}

static void endpoints_of_options(void **state)
{
    static const struct sample samples[] = {
        {"192.0.2.1", "192.0.2.1", 53},
        {"192.0.2.1@5353", "192.0.2.1", 5353},
        {"::1", "::1", 53},
        {"::1@1", "::1", 1},
        {"::1@65535", "::1", 65535},
        {"::1@65536", NULL, 0},
        {"::1@0", NULL, 0},
        {"::1@", NULL, 0},
        {"::1@+1", NULL, 0},
        {"@53", NULL, 0},
        {"", NULL, 0},
        {"192.0.2.1@1@2", NULL, 0},
        {"192.0.2.1:53", NULL, 0},
        {"[::1]@53", NULL, 0},
        {"localhost", NULL, 0},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd@53", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(samples); i++) {
        struct endpoint endpoint;

        check(endpoint_parse(samples[i].text, 53, &endpoint), &samples[i], &endpoint);
    }
}

static void endpoints_of_the_site_file(void **state)
{
    static const struct sample samples[] = {
        {"127.0.0.1:80", "127.0.0.1", 80},
        {"[::1]:8080", "::1", 8080},
        {"::1:80", NULL, 0},
        {"[127.0.0.1]:80", NULL, 0},
        {"[::1:80", NULL, 0},
        {"::1]:80", NULL, 0},
        {"[]:80", NULL, 0},
        {"[:80", NULL, 0},
        {":80", NULL, 0},
        {":", NULL, 0},
        {"127.0.0.1", NULL, 0},
        {"127.0.0.1@80", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(samples); i++) {
        struct endpoint endpoint;

        check(endpoint_parse_colon(samples[i].text, &endpoint), &samples[i], &endpoint);
    }
}

static void endpoints_are_equal_with_their_port(void **state)
{
    struct endpoint a = {make("192.0.2.1"), 53}, b = {make("192.0.2.1"), 54};

    (void)state;
    assert_true(endpoint_is_equal(&a, &a));
    assert_false(endpoint_is_equal(&a, &b));
}

static void the_system_gets_what_it_wants(void **state)
{
    struct endpoint v4 = {make("192.0.2.1"), 5353}, v6 = {make("2001:db8::1"), 53};
    struct sockaddr_storage storage;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&storage;

    (void)state;
    memset(&storage, 0xff, sizeof storage);
    assert_int_equal(endpoint_sockaddr(&v4, &storage), sizeof *in);
    assert_int_equal(in->sin_family, AF_INET);
    assert_int_equal(ntohs(in->sin_port), 5353);
    assert_memory_equal(&in->sin_addr, v4.address.octets, 4);
    memset(&storage, 0xff, sizeof storage);
    assert_int_equal(endpoint_sockaddr(&v6, &storage), sizeof *in6);
    assert_int_equal(in6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(in6->sin6_port), 53);
    assert_int_equal(in6->sin6_scope_id, 0);
    assert_memory_equal(&in6->sin6_addr, v6.address.octets, 16);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(what_is_no_address_leaves_the_result),
        cmocka_unit_test(families_are_told_apart),
        cmocka_unit_test(prefixes_end_at_their_bit),
        cmocka_unit_test(wildcards),
        cmocka_unit_test(endpoints_of_options),
        cmocka_unit_test(endpoints_of_the_site_file),
        cmocka_unit_test(endpoints_are_equal_with_their_port),
        cmocka_unit_test(the_system_gets_what_it_wants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
