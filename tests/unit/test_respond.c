/* SPDX-License-Identifier: ISC */
/* What only a call can show; the protocol itself is tested from outside, on the real daemon. */
#include "dns_fixture.h"

#include <stdio.h>
#include <string.h>

#include "dns/wire.h"

static int rcode_of(const uint8_t *packet)
{
    return packet[WIRE_AT_FLAGS + 1] & WIRE_RCODE;
}

/* The INFO-CODE of the extended error at the end of the response, or -1. */
static int ede_of(const uint8_t *packet, size_t length)
{
    return length > 6 && wire_get16(packet + length - 6) == 15 ? wire_get16(packet + length - 2)
                                                               : -1;
}

static size_t ask(const struct table *t, uint8_t *packet)
{
    size_t length = dns_query(packet, "get.example.org.", WIRE_TYPE_A);

    return dns_respond(t, packet, dns_add_opt(packet, length, 1232, false));
}

static void modes(void **state)
{
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);
    uint8_t packet[RESPOND_UDP_BUFFER];
    size_t length;

    length = ask(t, packet);
    assert_int_equal(wire_get16(packet + WIRE_AT_ANCOUNT), 1);
    assert_int_equal(ede_of(packet, length), -1);
    table_set_mode(t, 0, TABLE_NOT_READY);
    length = ask(t, packet);
    assert_int_equal(wire_get16(packet + WIRE_AT_ANCOUNT), 1);
    assert_int_equal(ede_of(packet, length), 14);
    table_set_mode(t, 0, TABLE_SERVFAIL);
    length = ask(t, packet);
    assert_int_equal(rcode_of(packet), WIRE_SERVFAIL);
    assert_int_equal(wire_get16(packet + WIRE_AT_ANCOUNT), 0);
    assert_int_equal(packet[WIRE_AT_FLAGS] & WIRE_AA, 0);
    assert_int_equal(ede_of(packet, length), 14);
    table_set_mode(t, 0, TABLE_SILENT);
    assert_int_equal(ask(t, packet), 0);
    table_free(t);
}

/* Whatever is asked: what it has, what it has not, what does not fit and what it refuses. */
static void marks_every_answer(void **state)
{
    static const char *const names[] = {"get.example.org.", "no.get.example.org.",
                                        "big.get.example.org."};
    const uint16_t types[] = {1, 2, 6, 16, 28, 41, 46, 65, 250, 251, 252, 253, 255, 65280};
    char extra[3000] = "";
    struct table *t;

    for (unsigned i = 0; i < 30; i++)
        snprintf(extra + strlen(extra), sizeof extra - strlen(extra),
                 "big TXT \"%u: a line of some length, to fill a datagram\"\n", i);
    t = dns_table(state, ZONE SITE CHECK, extra);
    for (size_t i = 0; i < LENGTH(names) * LENGTH(types) * 4; i++) {
        enum table_mode mode = i % 2 ? TABLE_NOT_READY : TABLE_SERVFAIL;
        bool edns = i / 2 % 2;
        uint8_t packet[RESPOND_UDP_BUFFER];
        size_t length =
            dns_query(packet, names[i / 4 % LENGTH(names)], types[i / 4 / LENGTH(names)]);

        table_set_mode(t, 0, mode);
        if (edns)
            length = dns_add_opt(packet, length, 1232, i % 3 == 0);
        length = dns_respond(t, packet, length);
        assert_true(length >= WIRE_HEADER_LENGTH);
        assert_int_equal(wire_get16(packet + WIRE_AT_ARCOUNT), edns);
        assert_int_equal(ede_of(packet, length), edns ? 14 : -1);
    }
    table_free(t);
}

/* A silent zone says nothing of itself, whatever is asked; other names are still refused. */
static void silence_is_complete(void **state)
{
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);
    const uint16_t types[] = {1, 2, 6, 28, 41, 46, 65, 249, 250, 251, 252, 253, 254, 255, 65280};
    uint8_t packet[RESPOND_UDP_BUFFER];

    table_set_mode(t, 0, TABLE_SILENT);
    for (size_t i = 0; i < LENGTH(types); i++) {
        assert_int_equal(dns_respond(t, packet, dns_query(packet, "get.example.org.", types[i])),
                         0);
        assert_int_equal(dns_respond(t, packet, dns_query(packet, "no.get.example.org.", types[i])),
                         0);
    }
    for (unsigned opts = 0; opts <= 2; opts += 2) { /* with none, the octet behind is the fault */
        size_t length = dns_query(packet, "get.example.org.", 1) + !opts;

        for (unsigned i = 0; i < opts; i++)
            length = dns_add_opt(packet, length, 1232, false);
        assert_int_equal(dns_respond(t, packet, length), 0);
    }
    for (uint8_t version = 0; version < 2; version++) {
        size_t length = dns_query(packet, "get.example.org.", 1);

        length = dns_add_opt(packet, length, 1232, false);
        packet[length - 5] = version;
        assert_int_equal(dns_respond(t, packet, length), 0);
    }
    assert_true(dns_respond(t, packet, dns_query(packet, "example.org.", 1)) > 0);
    assert_int_equal(rcode_of(packet), WIRE_REFUSED);
    table_free(t);
}

static void repeats_the_question_as_it_came(void **state)
{
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);
    uint8_t packet[RESPOND_UDP_BUFFER], query[RESPOND_UDP_BUFFER];
    size_t length = dns_query(query, "gEt.eXample.ORG.", WIRE_TYPE_A);

    memcpy(packet, query, length);
    assert_true(dns_respond(t, packet, length) > length);
    assert_memory_equal(packet + WIRE_HEADER_LENGTH, query + WIRE_HEADER_LENGTH,
                        length - WIRE_HEADER_LENGTH);
    table_free(t);
}

/* The answer to random octets is never longer than what the sender said it can take, never a
 * response to a response, and has the id of the query. */
static void survives_noise(void **state)
{
    struct table *t = dns_table(state, ZONE SITE CHECK,
                                "big TXT "
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    uint32_t seed = 8906;

    for (unsigned i = 0; i < 200000; i++) {
        uint8_t packet[RESPOND_UDP_BUFFER];
        size_t length = dns_query(packet, i % 3 ? "get.example.org." : "big.get.example.org.",
                                  (uint16_t)(test_random(&seed) % 300));
        uint8_t id;
        bool response;
        size_t size;

        length = dns_add_opt(packet, length, (uint16_t)(test_random(&seed) % 2000), i & 1);
        for (unsigned k = test_random(&seed) % 4; k > 0; k--)
            packet[test_random(&seed) % length] = (uint8_t)test_random(&seed);
        length -= test_random(&seed) % 3 ? 0 : test_random(&seed) % length;
        id = packet[1];
        response = length > 2 && packet[2] & WIRE_QR;
        size = dns_respond(t, packet, length);
        assert_true(size <= WIRE_UDP_MAX);
        if (size == 0)
            continue;
        assert_false(response);
        assert_true(length >= WIRE_HEADER_LENGTH && size >= WIRE_HEADER_LENGTH);
        assert_int_equal(packet[1], id);
        assert_true(packet[WIRE_AT_FLAGS] & WIRE_QR);
    }
    table_free(t);
}

static void sends_whole_what_fits(void **state)
{
    struct table *t = dns_table(state, ZONE SITE CHECK,
                                "@ TXT \"0123456789012345678901234567890123456789\" "
                                "\"0123456789012345678901234567890123456789\"\n");
    uint8_t packet[RESPOND_UDP_BUFFER];
    size_t plain = dns_query(packet, "get.example.org.", WIRE_TYPE_TXT);

    assert_true(dns_respond(t, packet, plain) > plain);
    assert_int_equal(packet[WIRE_AT_FLAGS] & WIRE_TC, 0);
    table_free(t);
}

/* Asks for a TXT record of 256 octets and more; returns the length of the response. */
static size_t ask_for_text(void **state, size_t more, bool edns, bool *ret_whole)
{
    char extra[600];
    struct table *t;
    uint8_t packet[RESPOND_UDP_BUFFER];
    size_t length = dns_query(packet, "get.example.org.", WIRE_TYPE_TXT);

    snprintf(extra, sizeof extra, "@ TXT \"%0255d\" \"%0*d\"\n", 0, (int)more - 1, 0);
    t = dns_table(state, ZONE SITE CHECK, extra);
    if (edns)
        length = dns_add_opt(packet, length, WIRE_UDP_MIN, false);
    length = dns_respond(t, packet, length);
    *ret_whole = !(packet[WIRE_AT_FLAGS] & WIRE_TC);
    table_free(t);
    return length;
}

/* The OPT counts too for who can receive 512 octets. */
static void fills_512_octets(void **state)
{
    bool whole;
    size_t room = WIRE_UDP_MIN - ask_for_text(state, 100, false, &whole) + 100;

    assert_int_equal(ask_for_text(state, room, false, &whole), WIRE_UDP_MIN);
    assert_true(whole);
    ask_for_text(state, room + 1, false, &whole);
    assert_false(whole);
    assert_int_equal(ask_for_text(state, room - WIRE_OPT_LENGTH, true, &whole), WIRE_UDP_MIN);
    assert_true(whole);
    ask_for_text(state, room - WIRE_OPT_LENGTH + 1, true, &whole);
    assert_false(whole);
}

static void truncates_what_does_not_fit(void **state)
{
    char extra[8000] = "";
    struct table *t;
    uint8_t packet[RESPOND_UDP_BUFFER];
    size_t question, length;

    for (unsigned i = 0; i < 30; i++)
        snprintf(extra + strlen(extra), sizeof extra - strlen(extra),
                 "@ TXT \"%u: a line of some length, to fill a datagram\"\n", i);
    t = dns_table(state, ZONE SITE CHECK, extra);
    question = dns_query(packet, "get.example.org.", WIRE_TYPE_TXT);
    length = dns_respond(t, packet, dns_add_opt(packet, question, 4096, false));
    assert_int_equal(length, question + WIRE_OPT_LENGTH);
    assert_true(packet[WIRE_AT_FLAGS] & WIRE_TC);
    assert_int_equal(wire_get16(packet + WIRE_AT_ANCOUNT), 0);
    table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(modes),
        CONF_FILE_TEST(marks_every_answer),
        CONF_FILE_TEST(silence_is_complete),
        CONF_FILE_TEST(repeats_the_question_as_it_came),
        CONF_FILE_TEST(survives_noise),
        CONF_FILE_TEST(sends_whole_what_fits),
        CONF_FILE_TEST(fills_512_octets),
        CONF_FILE_TEST(truncates_what_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
