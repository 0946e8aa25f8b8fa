/* SPDX-License-Identifier: ISC */
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "health/peer_message.h"

#define ZONE "get.example.test"

enum { ID = 0x1234 };

static const uint8_t question[] = "\3get\7example\4test\0\0\6\0\1";

/* An answer built piece by piece. */
struct message {
    uint8_t octets[512];
    size_t length;
};

static void add(struct message *m, const void *octets, size_t n)
{
    memcpy(m->octets + m->length, octets, n);
    m->length += n;
}

static struct message make(uint16_t flags, bool soa, const char *options, size_t n_options)
{
    const uint8_t header[] = {
        ID >> 8, ID & 255, (uint8_t)(flags >> 8), (uint8_t)flags, 0, 1, 0, soa, 0, 0, 0, 1};
    static const uint8_t record[] = "\xc0\x0c\0\6\0\1\0\0\0\x3c\0\x16\0\0"
                                    "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5";
    const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, (uint8_t)n_options};
    struct message m = {.length = 0};

    add(&m, header, sizeof header);
    add(&m, question, sizeof question - 1);
    if (soa)
        add(&m, record, sizeof record - 1);
    add(&m, opt, sizeof opt);
    add(&m, options, n_options);
    return m;
}

/* On the heap in its exact length, so that valgrind sees an access beyond. */
static enum peer_answer read_as(const struct message *m)
{
    uint8_t *copy = malloc(m->length + !m->length);
    enum peer_answer result;
    const char *why;

    memcpy(copy, m->octets, m->length);
    result = peer_answer(copy, m->length, ZONE, ID, &why);
    free(copy);
    return result;
}

static void query_is_plain(void **state)
{
    static const uint8_t header[] = {ID >> 8, ID & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    uint8_t query[PEER_QUERY_MAX];
    int length = peer_query(ZONE, ID, query);

    (void)state;
    assert_int_equal(length, sizeof header + sizeof question - 1 + 11);
    assert_memory_equal(query, header, sizeof header);
    assert_memory_equal(query + sizeof header, question, sizeof question - 1);
    assert_int_equal(query[sizeof header + sizeof question - 1 + 2], 41);
}

static void answers(void **state)
{
    static const struct {
        uint16_t flags;
        bool soa;
        const char *options;
        size_t n_options;
        enum peer_answer result;
    } cases[] = {
        {0x8400, true, "", 0, PEER_ANSWERS},
        {0x8000, true, "", 0, PEER_REFUSES},  /* not authoritative */
        {0x8400, false, "", 0, PEER_REFUSES}, /* NODATA */
        {0x8402, true, "", 0, PEER_REFUSES},  /* SERVFAIL */
        {0x8600, false, "", 0, PEER_TRUNCATED},
        {0x0400, true, "", 0, PEER_UNRELATED},                         /* a query */
        {0x8400, true, "\0\xf\0\2\0\xe", 6, PEER_NOT_READY},           /* EDE 14 */
        {0x8600, false, "\0\xf\0\2\0\xe", 6, PEER_NOT_READY},          /* and truncated */
        {0x8400, true, "\0\xf\0\5\0\xe why", 9, PEER_NOT_READY},       /* with a text */
        {0x8400, true, "\0\xf\0\2\0\3", 6, PEER_ANSWERS},              /* EDE 3, stale */
        {0x8400, true, "\0\3\0\1x\0\xf\0\2\0\xe", 11, PEER_NOT_READY}, /* behind an NSID */
        {0x8400, true, "\0\xf\0\1\0", 5, PEER_ANSWERS},                /* no code in it */
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct message m = make(cases[i].flags, cases[i].soa, cases[i].options, cases[i].n_options);

        if (read_as(&m) != cases[i].result)
            fail_msg("case %zu: %d", i, read_as(&m));
    }
}

static void answers_to_others(void **state)
{
    struct message m = make(0x8400, true, "", 0);

    (void)state;
    m.octets[1] ^= 1;
    assert_int_equal(read_as(&m), PEER_UNRELATED);
    m.octets[1] ^= 1;
    m.octets[13] = 'G'; /* a name is the same in any case */
    assert_int_equal(read_as(&m), PEER_ANSWERS);
    m.octets[13] = 'p';
    assert_int_equal(read_as(&m), PEER_UNRELATED);
}

/* Cut and damaged messages: any result, but no access out of bounds (with the sanitizers). */
static void damaged(void **state)
{
    struct message whole = make(0x8400, true, "\0\xf\0\2\0\xe", 6);
    uint32_t seed = 8914;

    (void)state;
    for (size_t n = 0; n < whole.length; n++) {
        struct message m = whole;

        m.length = n;
        assert_int_not_equal(read_as(&m), PEER_ANSWERS);
    }
    for (int i = 0; i < 50000; i++) {
        struct message m = whole;
        uint32_t changes = 1 + test_random(&seed) % 4;

        while (changes--)
            m.octets[test_random(&seed) % m.length] = (uint8_t)test_random(&seed);
        m.length -= test_random(&seed) % 3;
        read_as(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_is_plain),
        cmocka_unit_test(answers),
        cmocka_unit_test(answers_to_others),
        cmocka_unit_test(damaged),
    };

    return cmocka_run_group_tests_name("peer_message", tests, NULL, NULL);
}
