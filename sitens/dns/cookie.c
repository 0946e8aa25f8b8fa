/* SPDX-License-Identifier: ISC */
#include "cookie.h"

#include <sodium/crypto_shorthash_siphash24.h>
#include <sodium/utils.h>
#include <string.h>

enum {
    VERSION = 1, /* RFC 9018 section 4.1 */
    HASH_LENGTH = crypto_shorthash_siphash24_BYTES,
    SERVER_LENGTH_MIN = 8, /* RFC 7873 section 4 */
    SERVER_LENGTH_MAX = 32,
    ADDRESS_LENGTH_MAX = 16,

    /* Offsets in the option. The hash covers all that is before it, then the client's address. */
    AT_VERSION = COOKIE_CLIENT_LENGTH,
    AT_TIMESTAMP = AT_VERSION + 4,
    AT_HASH = AT_TIMESTAMP + 4,

    /* RFC 9018 section 4.3 */
    AGE_MAX_S = 3600,
    AGE_FRESH_S = 1800,
    AHEAD_MAX_S = 300,
};

_Static_assert(crypto_shorthash_siphash24_KEYBYTES == COOKIE_SECRET_LENGTH, "RFC 9018 section 4.4");

/* RFC 9018 section 4.4: SipHash-2-4. */
static void hash(const uint8_t *secret, const uint8_t *cookie, const uint8_t *address,
                 size_t address_length, uint8_t *ret)
{
    uint8_t input[AT_HASH + ADDRESS_LENGTH_MAX];

    memcpy(input, cookie, AT_HASH);
    memcpy(input + AT_HASH, address, address_length);
    crypto_shorthash_siphash24(ret, input, AT_HASH + address_length, secret);
}

static bool is_made_with(const uint8_t *secret, const uint8_t *cookie, const uint8_t *address,
                         size_t address_length)
{
    uint8_t expected[HASH_LENGTH];

    hash(secret, cookie, address, address_length, expected);
    return sodium_memcmp(expected, cookie + AT_HASH, HASH_LENGTH) == 0;
}

static uint32_t timestamp(const uint8_t *cookie)
{
    const uint8_t *t = cookie + AT_TIMESTAMP;

    return (uint32_t)t[0] << 24 | (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | t[3];
}

/* RFC 1982 section 3.2: as serial numbers. */
static int32_t age_s(const uint8_t *cookie, uint32_t now)
{
    return (int32_t)(now - timestamp(cookie));
}

enum cookie_status cookie_check(const struct cookie_secrets *secrets, const uint8_t *option,
                                size_t length, const uint8_t *address, size_t address_length,
                                uint32_t now)
{
    int32_t age;

    if (length == COOKIE_CLIENT_LENGTH)
        return COOKIE_CLIENT_ONLY;
    if (length < COOKIE_CLIENT_LENGTH + SERVER_LENGTH_MIN ||
        length > COOKIE_CLIENT_LENGTH + SERVER_LENGTH_MAX)
        return COOKIE_MALFORMED;
    if (length != COOKIE_LENGTH || option[AT_VERSION] != VERSION)
        return COOKIE_BAD;
    age = age_s(option, now);
    if (age < -AHEAD_MAX_S || age > AGE_MAX_S)
        return COOKIE_BAD;
    if (is_made_with(secrets->current, option, address, address_length))
        return age < AGE_FRESH_S ? COOKIE_FRESH : COOKIE_VALID;
    if (secrets->has_previous && is_made_with(secrets->previous, option, address, address_length))
        return COOKIE_VALID;
    return COOKIE_BAD;
}

void cookie_make(const struct cookie_secrets *secrets, const uint8_t *option,
                 const uint8_t *address, size_t address_length, uint32_t now, uint8_t *out)
{
    const uint8_t head[] = {
        VERSION,     0, 0, 0, (uint8_t)(now >> 24), (uint8_t)(now >> 16), (uint8_t)(now >> 8),
        (uint8_t)now};

    memmove(out, option, COOKIE_CLIENT_LENGTH);
    memcpy(out + AT_VERSION, head, sizeof head);
    hash(secrets->current, out, address, address_length, out + AT_HASH);
}
