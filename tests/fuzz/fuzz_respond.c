/* SPDX-License-Identifier: ISC */
/*
 * A query, as UDP or TCP brings it: the response, if any, is well-formed and one to the query.
 *
 * The first octet of the input chooses the transport, the client, the zone's answers and what it
 * is doing; the rest is the query. Most octets are no query at all, so the mutator also writes
 * sound ones: see dns_mutator.h.
 */
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/cookie.h"
#include "dns/query.h"
#include "dns/respond.h"
#include "dns/wire.h"
#include "dns_mutator.h"
#include "tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* The first octet: a mode, and these. */
enum { TCP = 4, SIGNED = 8, BOTH_SITES = 16, IPV6 = 32, LIMITED = 64, GOOD_COOKIE = 128 };

enum { NOW = 1800000000, SCENE = 1 };

/* Octets of a response for each octet of its query, at most. docs/rate-limiting.md has what was
 * measured without extra records; here an alias that leads nowhere is the worst. */
enum { AMPLIFICATION_MAX = 13 };

/* By whether they are signed, and whether they give the addresses of both sites. */
static struct table *tables[2][2];
static struct responder responder, limited;
static const struct cookie_secrets secrets = {.has_previous = true};

struct scene {
    struct table *table;
    struct respond_client client;
    enum table_mode mode;
    bool is_signed;
};

static void set_up(void)
{
    tables_make(false, NOW, tables[0]);
    tables_make(true, NOW, tables[1]);
    if (rrl_new(1000000, &responder.rrl) < 0 || rrl_new(1, &limited.rrl) < 0)
        abort();
}

/* The parser alone, on memory that ends where the query does. */
static enum query_form parse(const uint8_t *data, size_t size, struct query *ret)
{
    uint8_t *exact = malloc(size ? size : 1);
    enum query_form form;

    memcpy(exact, data, size);
    form = query_parse(exact, size, ret);
    if (form == QUERY_GOOD && (ret->question_end > size || ret->name_length > WIRE_NAME_MAX))
        abort();
    free(exact);
    return form;
}

/* RD and CD are those of the query, where they mean something: for opcode QUERY alone. */
static bool has_right_flags(const uint8_t *query, const uint8_t *response)
{
    bool is_query = !(query[2] & WIRE_OPCODE);
    unsigned rd = is_query ? query[2] & WIRE_RD : 0, cd = is_query ? query[3] & WIRE_CD : 0;

    return (response[2] & WIRE_QR) && !((query[2] ^ response[2]) & WIRE_OPCODE) &&
           (response[2] & WIRE_RD) == rd && (response[3] & ~WIRE_RCODE) == cd;
}

static size_t length_max(const struct query *query, const struct respond_client *client)
{
    if (client->tcp)
        return WIRE_TCP_MAX;
    if (!query->has_opt || query->payload < WIRE_UDP_MIN)
        return WIRE_UDP_MIN;
    return query->payload < WIRE_UDP_MAX ? query->payload : WIRE_UDP_MAX;
}

/* What the counts and the length may be. */
static bool is_fit(const struct query *query, size_t size, const struct scene *scene,
                   const uint8_t *response, size_t length)
{
    unsigned rcode = response[3] & WIRE_RCODE, records = wire_get16(response + WIRE_AT_ANCOUNT) |
                                                         wire_get16(response + WIRE_AT_NSCOUNT);
    bool is_error = rcode != WIRE_NOERROR && rcode != WIRE_NXDOMAIN, tcp = scene->client.tcp;
    bool truncated = response[2] & WIRE_TC;

    return length >= WIRE_HEADER_LENGTH && length <= length_max(query, &scene->client) &&
           (tcp || length <= AMPLIFICATION_MAX * size) && !(records && (is_error || truncated)) &&
           !(truncated && tcp) && wire_get16(response + WIRE_AT_ARCOUNT) == query->has_opt;
}

/* A site that is not well says so in whatever it says of the zone: EDE 14, the last option. */
static bool says_not_ready(const uint8_t *response, size_t length)
{
    static const uint8_t ede[] = {0, WIRE_OPTION_EDE, 0, 2, 0, 14};

    return length >= sizeof ede && !memcmp(response + length - sizeof ede, ede, sizeof ede);
}

static bool is_known(const struct scene *scene, const uint8_t *data, const struct query *query)
{
    struct table_match match;

    return query->class == WIRE_CLASS_IN &&
           table_lookup(scene->table, data + WIRE_HEADER_LENGTH, query->name_length, query->type,
                        query->dnssec_ok, &match);
}

/* Another nameserver's library reads it; what was asked to be signed is. */
static void check_records(const struct scene *scene, const struct query *query,
                          const uint8_t *response, size_t length)
{
    bool has_records =
        wire_get16(response + WIRE_AT_ANCOUNT) | wire_get16(response + WIRE_AT_NSCOUNT);
    ldns_pkt *packet = NULL;
    ldns_rr_list *rrsigs;

    if (ldns_wire2pkt(&packet, response, length) != LDNS_STATUS_OK)
        abort();
    rrsigs = ldns_pkt_rr_list_by_type(packet, LDNS_RR_TYPE_RRSIG, LDNS_SECTION_ANY_NOQUESTION);
    if (has_records && query->class == WIRE_CLASS_IN && query->type != LDNS_RR_TYPE_RRSIG &&
        !rrsigs == (scene->is_signed && query->has_opt && query->dnssec_ok))
        abort();
    ldns_rr_list_deep_free(rrsigs);
    ldns_pkt_free(packet);
}

static void check_response(const struct scene *scene, const uint8_t *data, size_t size,
                           const struct query *query, const uint8_t *response, size_t length)
{
    size_t question = wire_get16(response + WIRE_AT_QDCOUNT) ? query->question_end : 0;

    if (!is_fit(query, size, scene, response, length) || memcmp(data, response, 2) ||
        !has_right_flags(data, response) ||
        (question && memcmp(data + WIRE_HEADER_LENGTH, response + WIRE_HEADER_LENGTH,
                            question - WIRE_HEADER_LENGTH)))
        abort();
    if (is_known(scene, data, query) && query->has_opt && query->version == 0 &&
        says_not_ready(response, length) != (scene->mode != TABLE_SERVE))
        abort();
    check_records(scene, query, response, length);
}

static void set_scene(uint8_t choice, struct scene *ret)
{
    static const uint8_t address[16] = {192, 0, 2, 1};

    ret->is_signed = choice & SIGNED;
    ret->table = tables[ret->is_signed][(choice & BOTH_SITES) != 0];
    ret->mode = (enum table_mode)(choice & 3);
    ret->client = (struct respond_client){.address = address,
                                          .address_length = choice & IPV6 ? 16 : 4,
                                          .tcp = choice & TCP,
                                          .wall_s = NOW};
    table_set_mode(ret->table, 0, ret->mode);
}

/* Nobody guesses a server cookie. */
static void put_good_cookie(const struct scene *scene, const struct query *query, uint8_t *packet,
                            size_t size)
{
    uint8_t *at = query->cookie_length == COOKIE_LENGTH
                      ? memmem(packet, size, query->cookie, COOKIE_LENGTH)
                      : NULL;

    if (at)
        cookie_make(&secrets, query->cookie, scene->client.address, scene->client.address_length,
                    NOW, at);
}

static void try_query(const struct scene *scene, uint8_t choice, const uint8_t *data, size_t size)
{
    size_t room = scene->client.tcp ? RESPOND_TCP_BUFFER : RESPOND_UDP_BUFFER, length;
    uint8_t *packet = malloc(room), *asked = malloc(size);
    struct query query;
    enum query_form form = parse(data, size, &query);

    memcpy(packet, data, size);
    if (choice & GOOD_COOKIE && form == QUERY_GOOD && query.has_cookie)
        put_good_cookie(scene, &query, packet, size);
    memcpy(asked, packet, size);
    length = respond(scene->table, choice & LIMITED ? &limited : &responder, &secrets,
                     &scene->client, packet, size);
    if (length &&
        (form == QUERY_DROP || (scene->mode == TABLE_SILENT && is_known(scene, asked, &query))))
        abort();
    if (length)
        check_response(scene, asked, size, &query, packet, length);
    else if (form == QUERY_GOOD && scene->mode != TABLE_SILENT && !(choice & LIMITED))
        abort();
    free(packet);
    free(asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene scene;

    if (!tables[0][0])
        set_up();
    if (size <= SCENE || size - SCENE > RESPOND_UDP_BUFFER)
        return 0;
    set_scene(data[0], &scene);
    try_query(&scene, data[0], data + SCENE, size - SCENE);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return dns_mutate(data, size, max, seed, SCENE);
}
