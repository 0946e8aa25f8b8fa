/* SPDX-License-Identifier: ISC */
#include "cookie.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 1, /* RFC 9018 section 4.1 */
    HASH_LENGTH = 8,
    SERVER_LENGTH_MIN = 8, /* RFC 7873 section 4 */
    SERVER_LENGTH_MAX = 32,
    ADDRESS_LENGTH_MAX = 16,

    /* Offsets in the option. The hash covers all that is before it, then the client's address. */
    AT_VERSION = COOKIE_CLIENT_LENGTH,
    AT_TIMESTAMP = AT_VERSION + 4,
    AT_HASH = AT_TIMESTAMP + 4,

    /* RFC 9018 section 4.3 */
    AGE_MAX_S = 3600,
    AHEAD_MAX_S = 300,
};

struct cookie_mac {
    EVP_MAC_CTX *context;
};

int cookie_mac_new(struct cookie_mac **ret)
{
    size_t size = HASH_LENGTH;
    unsigned c_rounds = 2, d_rounds = 4;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &c_rounds),
        OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &d_rounds),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *siphash = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    struct cookie_mac *mac = calloc(1, sizeof *mac);
    int r = siphash ? -ENOMEM : -ENOTSUP;

    if (!siphash || !mac)
        goto fail;
    mac->context = EVP_MAC_CTX_new(siphash);
    if (!mac->context)
        goto fail;
    r = -ENOTSUP;
    if (!EVP_MAC_CTX_set_params(mac->context, parameters))
        goto fail;
    EVP_MAC_free(siphash);
    *ret = mac;
    return 0;
fail:
    EVP_MAC_free(siphash);
    cookie_mac_free(mac);
    return r;
}

void cookie_mac_free(struct cookie_mac *mac)
{
    if (!mac)
        return;
    EVP_MAC_CTX_free(mac->context);
    free(mac);
}

/* RFC 9018 section 4.4. The secret is set each time because there are two; that costs no more than
 * to begin anew with the same one, and allocates nothing. */
static bool hash(struct cookie_mac *mac, const uint8_t *secret, const uint8_t *cookie,
                 const uint8_t *address, size_t address_length, uint8_t *ret)
{
    uint8_t input[AT_HASH + ADDRESS_LENGTH_MAX];
    size_t length;

    if (address_length > ADDRESS_LENGTH_MAX)
        return false;
    memcpy(input, cookie, AT_HASH);
    memcpy(input + AT_HASH, address, address_length);
    return EVP_MAC_init(mac->context, secret, COOKIE_SECRET_LENGTH, NULL) &&
           EVP_MAC_update(mac->context, input, AT_HASH + address_length) &&
           EVP_MAC_final(mac->context, ret, &length, HASH_LENGTH);
}

static bool is_made_with(struct cookie_mac *mac, const uint8_t *secret, const uint8_t *cookie,
                         const uint8_t *address, size_t address_length)
{
    uint8_t expected[HASH_LENGTH];

    return hash(mac, secret, cookie, address, address_length, expected) &&
           CRYPTO_memcmp(expected, cookie + AT_HASH, HASH_LENGTH) == 0;
}

static uint32_t timestamp(const uint8_t *cookie)
{
    const uint8_t *t = cookie + AT_TIMESTAMP;

    return (uint32_t)t[0] << 24 | (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | t[3];
}

static bool is_in_time(uint32_t made, uint32_t now)
{
    int32_t age_s = (int32_t)(now - made); /* RFC 1982 section 3.2: as serial numbers */

    return age_s >= -AHEAD_MAX_S && age_s <= AGE_MAX_S;
}

enum cookie_verdict cookie_check(struct cookie_mac *mac, const struct cookie_secrets *secrets,
                                 const uint8_t *option, size_t length, const uint8_t *address,
                                 size_t address_length, uint32_t now)
{
    if (length == COOKIE_CLIENT_LENGTH)
        return COOKIE_CLIENT_ONLY;
    if (length < COOKIE_CLIENT_LENGTH + SERVER_LENGTH_MIN ||
        length > COOKIE_CLIENT_LENGTH + SERVER_LENGTH_MAX)
        return COOKIE_MALFORMED;
    if (length != COOKIE_LENGTH || option[AT_VERSION] != VERSION ||
        !is_in_time(timestamp(option), now))
        return COOKIE_BAD;
    if (is_made_with(mac, secrets->current, option, address, address_length) ||
        (secrets->has_previous &&
         is_made_with(mac, secrets->previous, option, address, address_length)))
        return COOKIE_VALID;
    return COOKIE_BAD;
}

void cookie_make(struct cookie_mac *mac, const struct cookie_secrets *secrets,
                 const uint8_t *option, const uint8_t *address, size_t address_length, uint32_t now,
                 uint8_t *out)
{
    const uint8_t head[] = {
        VERSION,     0, 0, 0, (uint8_t)(now >> 24), (uint8_t)(now >> 16), (uint8_t)(now >> 8),
        (uint8_t)now};

    memmove(out, option, COOKIE_CLIENT_LENGTH);
    memcpy(out + AT_VERSION, head, sizeof head);
    /* What is left when OpenSSL fails is not accepted by cookie_check(), where it fails as well. */
    if (!hash(mac, secrets->current, out, address, address_length, out + AT_HASH))
        memset(out + AT_HASH, 0, HASH_LENGTH);
}
