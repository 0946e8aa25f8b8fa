/* SPDX-License-Identifier: ISC */
#include "dns_mutator.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dns/wire.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

enum { QUERY_MAX = 1024, OPTIONS_MAX = 4 };

#define PICK(from, seed) (from)[(unsigned)rand_r(seed) % (sizeof(from) / sizeof *(from))]

static const char *const names[] = {
    "get.example.test",
    "nothere.get.example.test",
    "alias.get.example.test",
    "x.alias.get.example.test",
    "ns1.get.example.test",
    "er.ent.get.example.test",
    "big.get.example.test",
    "dangling.get.example.test",
    "a.deep.er.ent.get.example.test",
    "example.test",
    "xn--get.example.test",
    "",
    "id.server",
    "elsewhere.get.example.test",
    "zz.ns1.get.example.test",
    "target.get.example.test",
    "0.1.2.3.4.5.get.example.test",
};
static const uint16_t types[] = {1,  2,  5,  6,  12,  15,  16,  28,  41,  43,  46,  47,  48,
                                 50, 59, 60, 65, 249, 250, 251, 252, 253, 254, 255, 257, 65280};
static const uint16_t classes[] = {1, 1, 1, 1, 1, 3, 255, 254};
static const uint16_t options[] = {3, 10, 10, 8, 11, 12, 15, 9999};
static const uint16_t sizes[] = {0, 8, 16, 24, 40, 1, 41};
static const uint16_t payloads[] = {0, 511, 512, 513, 1231, 1232, 1233, 4096, 65535};

static uint8_t *put16(uint8_t *at, unsigned number)
{
    wire_put16(at, number);
    return at + 2;
}

static uint8_t *put_name(uint8_t *at, const char *name, unsigned *seed)
{
    while (*name) {
        size_t length = strcspn(name, ".");

        *at++ = (uint8_t)length;
        for (size_t i = 0; i < length; i++)
            *at++ = (uint8_t)(rand_r(seed) % 2 ? toupper(name[i]) : name[i]);
        name += length + (name[length] == '.');
    }
    *at++ = 0;
    return at;
}

static uint8_t *put_option(uint8_t *at, unsigned *seed)
{
    size_t length = PICK(sizes, seed);

    at = put16(at, PICK(options, seed));
    at = put16(at, (unsigned)length);
    memset(at, rand_r(seed), length);
    return at + length;
}

static uint8_t *put_opt(uint8_t *at, unsigned *seed)
{
    uint8_t *length;

    *at++ = 0;
    at = put16(at, WIRE_TYPE_OPT);
    at = put16(at, PICK(payloads, seed));
    *at++ = 0;
    *at++ = rand_r(seed) % 16 == 0; /* the version */
    at = put16(at, rand_r(seed) % 2 ? 0x8000 : 0);
    length = at;
    at += 2;
    for (int n = rand_r(seed) % OPTIONS_MAX; n > 0; n--)
        at = put_option(at, seed);
    wire_put16(length, (unsigned)(at - length - 2));
    return at;
}

/* A record that a query may well hold, owned by a pointer to the question. */
static uint8_t *put_record(uint8_t *at, unsigned *seed)
{
    size_t length = PICK(sizes, seed);

    at = put16(at, 0xc000 | WIRE_HEADER_LENGTH);
    at = put16(at, PICK(types, seed));
    at = put16(at, PICK(classes, seed));
    wire_put32(at, 0);
    at = put16(at + 4, (unsigned)length);
    memset(at, 0, length);
    return at + length;
}

static size_t make_query(uint8_t *out, unsigned *seed)
{
    bool has_opt = rand_r(seed) % 4, has_record = rand_r(seed) % 8 == 0;
    uint8_t *at = out + WIRE_HEADER_LENGTH;

    memset(out, 0, WIRE_HEADER_LENGTH);
    put16(out, (unsigned)rand_r(seed) & 0xffff);
    out[2] = (uint8_t)(rand_r(seed) % 16 ? WIRE_RD : rand_r(seed));
    out[3] = (uint8_t)(rand_r(seed) % 4 ? 0 : rand_r(seed));
    out[WIRE_AT_QDCOUNT + 1] = 1;
    out[WIRE_AT_ARCOUNT + 1] = (uint8_t)(has_opt + has_record);
    at = put_name(at, PICK(names, seed), seed);
    at = put16(at, PICK(types, seed));
    at = put16(at, PICK(classes, seed));
    if (has_record)
        at = put_record(at, seed);
    if (has_opt)
        at = put_opt(at, seed);
    return (size_t)(at - out);
}

size_t dns_mutate(uint8_t *data, size_t size, size_t max, unsigned seed, size_t head)
{
    uint8_t query[QUERY_MAX];
    size_t length;

    if (seed % 2 || max < head)
        return LLVMFuzzerMutate(data, size, max);
    for (size_t i = 0; i < head; i++)
        data[i] = (uint8_t)rand_r(&seed);
    length = make_query(query, &seed);
    if (rand_r(&seed) % 4 == 0)
        query[(size_t)rand_r(&seed) % length] = (uint8_t)rand_r(&seed);
    length = length < max - head ? length : max - head;
    memcpy(data + head, query, length);
    return head + length;
}
