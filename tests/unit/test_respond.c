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

/* RFC 1035 section 3.1: at most 255 octets, also of a record in a query. */
static void owner_that_is_too_long(void **state)
{
    enum { LABEL = 64, LABELS_MAX = 5 };
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);

    for (unsigned labels = 0; labels <= LABELS_MAX; labels++) {
        uint8_t packet[RESPOND_UDP_BUFFER];
        size_t length = dns_query(packet, "get.example.org.", WIRE_TYPE_A);

        for (unsigned i = 0; i < labels; i++, length += LABEL) {
            memset(packet + length, 'a', LABEL);
            packet[length] = LABEL - 1;
        }
        packet[length++] = 0;
        memset(packet + length, 0, WIRE_RR_FIXED);
        wire_put16(packet + length, WIRE_TYPE_TXT);
        packet[WIRE_AT_ARCOUNT + 1] = 1;
        assert_true(dns_respond(t, packet, length + WIRE_RR_FIXED) > 0);
        assert_int_equal(rcode_of(packet),
                         labels * LABEL + 1 > WIRE_NAME_MAX ? WIRE_FORMERR : WIRE_NOERROR);
    }
    table_free(t);
}

/* RFC 4892: these two names, and none that looks like one. */
static void names_of_the_server(void **state)
{
    static const struct {
        const char *name;
        int rcode;
    } asked[] = {
        {"id.server.", WIRE_NOERROR},     {"ID.sErver.", WIRE_NOERROR},
        {"hostname.bind.", WIRE_NOERROR}, {"id.servex.", WIRE_REFUSED},
        {"hostname.binx.", WIRE_REFUSED}, {"x.id.server.", WIRE_REFUSED},
        {"version.bind.", WIRE_REFUSED},
    };
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);

    for (size_t i = 0; i < LENGTH(asked); i++) {
        uint8_t packet[RESPOND_UDP_BUFFER];
        size_t length = dns_query(packet, asked[i].name, WIRE_TYPE_TXT);

        wire_put16(packet + length - 2, WIRE_CLASS_CH);
        assert_true(dns_respond(t, packet, length) > 0);
        assert_int_equal(rcode_of(packet), asked[i].rcode);
    }
    table_free(t);
}

/* Appends an OPT record with a cookie that was made for the client at that time. */
static size_t add_cookie(uint8_t *packet, size_t length, const struct cookie_secrets *secrets,
                         const struct respond_client *client, uint32_t made_at)
{
    static const uint8_t option[] = {0, WIRE_OPTION_COOKIE, 0, COOKIE_LENGTH};
    uint8_t *at = packet + dns_add_opt(packet, length, WIRE_UDP_MAX, false);

    wire_put16(at - 2, sizeof option + COOKIE_LENGTH);
    memcpy(at, option, sizeof option);
    at += sizeof option;
    memset(at, 'c', COOKIE_CLIENT_LENGTH);
    cookie_make(secrets, at, client->address, client->address_length, made_at, at);
    return (size_t)(at + COOKIE_LENGTH - packet);
}

/* Who has shown that he gets what is sent to his address: by TCP, or by a cookie, a fresh one or
 * one that is due for renewal. */
static void who_is_not_limited(void **state)
{
    enum { QUERIES = 10, NOW = 1800000000, PLAIN = -1, TCP = -2 };
    static const int clients[] = {PLAIN, TCP, 0, 1799, 1800, 3600}; /* else the cookie's age */
    static const struct cookie_secrets secrets;
    static const uint8_t address[4] = {192, 0, 2, 99};
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);
    struct responder responder = {.rrl = NULL};

    for (size_t i = 0; i < LENGTH(clients); i++) {
        struct respond_client client = {.address = address, .address_length = sizeof address};
        unsigned whole = 0;

        assert_int_equal(rrl_new(1, &responder.rrl), 0);
        client.tcp = clients[i] == TCP;
        client.wall_s = NOW;
        for (unsigned n = 0; n < QUERIES; n++) {
            uint8_t packet[RESPOND_TCP_BUFFER];
            size_t length = dns_query(packet, "get.example.org.", WIRE_TYPE_A);

            if (clients[i] >= 0)
                length =
                    add_cookie(packet, length, &secrets, &client, (uint32_t)(NOW - clients[i]));
            length = respond(t, &responder, &secrets, &client, packet, length);
            whole += length > 0 && !(packet[WIRE_AT_FLAGS] & WIRE_TC);
        }
        assert_int_equal(whole, clients[i] == PLAIN ? 1 : QUERIES);
        rrl_free(responder.rrl);
    }
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
        CONF_FILE_TEST(owner_that_is_too_long),
        CONF_FILE_TEST(names_of_the_server),
        CONF_FILE_TEST(who_is_not_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
