/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <arpa/inet.h>
#include <sodium/utils.h>
#include <stdlib.h>
#include <string.h>

#include "dns/cookie.h"

/* One client and the server's secrets. */
struct fixture {
    struct cookie_secrets secrets;
    uint8_t address[16];
    size_t address_length;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    *state = f;
    return f ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void set_address(struct fixture *f, const char *text)
{
    bool ipv6 = strchr(text, ':');

    assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, text, f->address), 1);
    f->address_length = ipv6 ? 16 : 4;
}

static void from_hex(const char *hex, uint8_t *out, size_t length)
{
    size_t n;

    assert_int_equal(sodium_hex2bin(out, length, hex, strlen(hex), NULL, &n, NULL), 0);
    assert_int_equal(n, length);
}

static enum cookie_status check(struct fixture *f, const uint8_t *option, size_t length,
                                uint32_t now)
{
    return cookie_check(&f->secrets, option, length, f->address, f->address_length, now);
}

static void make(struct fixture *f, const uint8_t *option, uint32_t now, uint8_t *out)
{
    cookie_make(&f->secrets, option, f->address, f->address_length, now, out);
}

static void assert_check(struct fixture *f, const char *hex, uint32_t now,
                         enum cookie_status expected)
{
    uint8_t option[COOKIE_LENGTH];

    from_hex(hex, option, strlen(hex) / 2);
    assert_int_equal(check(f, option, strlen(hex) / 2, now), expected);
}

static void assert_make(struct fixture *f, const char *hex, uint32_t now, const char *expected)
{
    uint8_t option[COOKIE_LENGTH], out[COOKIE_LENGTH], wanted[COOKIE_LENGTH];

    from_hex(hex, option, strlen(hex) / 2);
    from_hex(expected, wanted, sizeof wanted);
    make(f, option, now, out);
    assert_memory_equal(out, wanted, sizeof wanted);
}

/* The examples of RFC 9018 appendix A. */

static void rfc9018_a1_new_cookie(void **state)
{
    struct fixture *f = *state;

    from_hex("e5e973e5a6b2a43f48e7dc849e37bfcf", f->secrets.current, COOKIE_SECRET_LENGTH);
    set_address(f, "198.51.100.100");
    assert_check(f, "2464c4abcf10c957", 1559731985, COOKIE_CLIENT_ONLY);
    assert_make(f, "2464c4abcf10c957", 1559731985,
                "2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

static void rfc9018_a2_renewed_cookie(void **state)
{
    struct fixture *f = *state;

    from_hex("e5e973e5a6b2a43f48e7dc849e37bfcf", f->secrets.current, COOKIE_SECRET_LENGTH);
    set_address(f, "198.51.100.100");
    assert_check(f, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559734385, COOKIE_VALID);
    assert_make(f, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559734385,
                "2464c4abcf10c957010000005cf7a871d4a564a1442aca77");
}

/* The example's answer comes 1 h 52 min after the cookie was made; section 4.3 allows an hour. */
static void rfc9018_a3_reserved_octets_are_hashed(void **state)
{
    struct fixture *f = *state;

    from_hex("e5e973e5a6b2a43f48e7dc849e37bfcf", f->secrets.current, COOKIE_SECRET_LENGTH);
    set_address(f, "203.0.113.203");
    assert_check(f, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559727985, COOKIE_FRESH);
    assert_check(f, "fc93fc62807ddb86010000005cf78f71a314227b6679ebf5", 1559727985, COOKIE_BAD);
    assert_check(f, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559734700, COOKIE_BAD);
    assert_make(f, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559734700,
                "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e");
}

static void rfc9018_a4_ipv6_and_previous_secret(void **state)
{
    struct fixture *f = *state;

    from_hex("445536bcd2513298075a5d379663c962", f->secrets.current, COOKIE_SECRET_LENGTH);
    from_hex("dd3bdf9344b678b185a6f5cb60fca715", f->secrets.previous, COOKIE_SECRET_LENGTH);
    set_address(f, "2001:db8:220:1:59de:d0f4:8769:82b8");
    assert_check(f, "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961, COOKIE_BAD);
    f->secrets.has_previous = true;
    assert_check(f, "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961, COOKIE_VALID);
    assert_make(f, "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961,
                "22681ab97d52c298010000005cf7c609a6bb79d16625507a");
}

/* RFC 9018 section 4.3: not older than an hour, nor more than five minutes ahead, and due for a new
 * one after half an hour; RFC 1982: also where the 32-bit clock begins anew. */
static void timestamp_window(void **state)
{
    static const uint32_t made_at[] = {1800000000, 100, UINT32_MAX - 100, 0, INT32_MAX};
    struct fixture *f = *state;
    uint8_t cookie[COOKIE_LENGTH] = {0};

    set_address(f, "192.0.2.1");
    for (size_t i = 0; i < sizeof made_at / sizeof *made_at; i++) {
        uint32_t t = made_at[i];

        make(f, cookie, t, cookie);
        assert_int_equal(check(f, cookie, sizeof cookie, t), COOKIE_FRESH);
        assert_int_equal(check(f, cookie, sizeof cookie, t + 1799), COOKIE_FRESH);
        assert_int_equal(check(f, cookie, sizeof cookie, t + 1800), COOKIE_VALID);
        assert_int_equal(check(f, cookie, sizeof cookie, t + 3600), COOKIE_VALID);
        assert_int_equal(check(f, cookie, sizeof cookie, t + 3601), COOKIE_BAD);
        assert_int_equal(check(f, cookie, sizeof cookie, t - 300), COOKIE_FRESH);
        assert_int_equal(check(f, cookie, sizeof cookie, t - 301), COOKIE_BAD);
        assert_int_equal(check(f, cookie, sizeof cookie, t + (1u << 31)), COOKIE_BAD);
    }
}

/* RFC 7873 section 5.2.2 */
static void every_length(void **state)
{
    struct fixture *f = *state;
    uint8_t option[64] = {0};

    set_address(f, "192.0.2.1");
    make(f, option, 1000, option);
    for (size_t length = 0; length <= sizeof option; length++) {
        enum cookie_status expected = length == 8                  ? COOKIE_CLIENT_ONLY
                                      : length < 16 || length > 40 ? COOKIE_MALFORMED
                                      : length == 24               ? COOKIE_FRESH
                                                                   : COOKIE_BAD;

        assert_int_equal(check(f, option, length, 1000), expected);
    }
}

static void every_flipped_bit_is_noticed(void **state)
{
    struct fixture *f = *state;
    uint8_t cookie[COOKIE_LENGTH] = {0};

    f->secrets.has_previous = true;
    f->secrets.previous[0] = 1;
    set_address(f, "2001:db8::1");
    make(f, cookie, 1000, cookie);
    for (size_t i = 0; i < 8 * sizeof cookie; i++) {
        cookie[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(check(f, cookie, sizeof cookie, 1000), COOKIE_BAD);
        cookie[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < 8 * f->address_length; i++) {
        f->address[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(check(f, cookie, sizeof cookie, 1000), COOKIE_BAD);
        f->address[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_int_equal(check(f, cookie, sizeof cookie, 1000), COOKIE_FRESH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rfc9018_a1_new_cookie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rfc9018_a2_renewed_cookie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rfc9018_a3_reserved_octets_are_hashed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rfc9018_a4_ipv6_and_previous_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(timestamp_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_flipped_bit_is_noticed, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
