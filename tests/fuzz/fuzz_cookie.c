/* SPDX-License-Identifier: ISC */
/* The COOKIE option: every length has its result, and only what we made is valid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000 };

static const struct cookie_secrets secrets = {"current  secret", "previous secret", true, 0};
static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8};

static bool is_ours(const uint8_t *option, const uint8_t *secret)
{
    struct cookie_secrets one = {.has_previous = false};
    const uint8_t *t = option + 12;
    uint32_t made = (uint32_t)t[0] << 24 | (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | t[3];
    uint8_t expected[COOKIE_LENGTH];

    memcpy(one.current, secret, sizeof one.current);
    cookie_make(&one, option, address, sizeof address, made, expected);
    return !memcmp(option, expected, sizeof expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t made[COOKIE_LENGTH];
    enum cookie_status result;

    result = cookie_check(&secrets, data, size, address, sizeof address, NOW);
    if ((result == COOKIE_MALFORMED) != (size < 8 || (size > 8 && size < 16) || size > 40) ||
        (result == COOKIE_CLIENT_ONLY) != (size == 8))
        abort();
    if ((result == COOKIE_VALID || result == COOKIE_FRESH) && !is_ours(data, secrets.current) &&
        !is_ours(data, secrets.previous))
        abort();
    if (result == COOKIE_MALFORMED)
        return 0;
    cookie_make(&secrets, data, address, sizeof address, NOW, made);
    if (cookie_check(&secrets, made, sizeof made, address, sizeof address, NOW) != COOKIE_FRESH)
        abort();
    return 0;
}
