/* SPDX-License-Identifier: ISC */
/*
 * A query, as UDP or TCP brings it: the response, if any, is well-formed and one to the query.
 *
 * The first octet of the input chooses the transport and what the zone is doing; the rest is the
 * query.
 */
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/compile.h"
#include "dns/query.h"
#include "dns/respond.h"
#include "dns/wire.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char site_file[] =
    "[zone]\nname = get.example.test\nrecords = %s\n"
    "[site dc1]\nnameserver = ns1.get.example.test\naddress = 192.0.2.10 2001:db8:2::10\n"
    "[site dc2]\nnameserver = get.dc2.example.test\naddress = 198.51.100.20\n"
    "[check]\ntcp = 127.0.0.1:80\n";

static const char extra_records[] = "@ MX 0 .\n"
                                    "alias CNAME target\n"
                                    "target A 192.0.2.99\n"
                                    "dangling CNAME nothing\n"
                                    "elsewhere CNAME x.example.org.\n"
                                    "deep.er.ent TXT \"deep\"\n"
                                    "big TYPE65280 \\# 1300 ";

static struct table *table;
static struct responder responder;

static void on_fault(void *userdata, const char *text)
{
    (void)userdata;
    fputs(text, stderr);
    abort();
}

static void set_up(void)
{
    struct memory_file records, file;
    struct faults faults = {.on_fault = on_fault};
    struct conf *conf;
    struct zone *zone;
    struct version version;
    const struct version *current = &version;
    char text[8192];

    memory_file_init(&records);
    memory_file_init(&file);
    strcpy(text, extra_records);
    memset(text + strlen(text), 'a', 2600 * sizeof *text);
    strcpy(text + sizeof extra_records - 1 + 2600, "\n");
    memory_file_set(&records, text, strlen(text));
    snprintf(text, sizeof text, site_file, records.path);
    memory_file_set(&file, text, strlen(text));
    if (conf_load(file.path, &faults, &conf) != 0 || zone_load(conf, &faults, &zone) != 0 ||
        version_make(zone, conf, conf->sites, answer_set_of_site(conf, 0), NULL, 0, &version) < 0 ||
        compile_table(&current, 1, "dc1", &table) < 0 || rrl_new(1000000, &responder.rrl) < 0)
        abort();
    version_done(&version);
    zone_free(zone);
    conf_free(conf);
}

/* The parser alone, on memory that ends where the query does. */
static void parse(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    struct query query;

    memcpy(exact, data, size);
    if (query_parse(exact, size, &query) == QUERY_GOOD &&
        (query.question_end > size || query.name_length > WIRE_NAME_MAX))
        abort();
    free(exact);
}

/* RD and CD are those of the query, where they mean something: for opcode QUERY alone. */
static bool has_right_flags(const uint8_t *query, const uint8_t *response)
{
    bool is_query = !(query[2] & WIRE_OPCODE);
    unsigned rd = is_query ? query[2] & WIRE_RD : 0, cd = is_query ? query[3] & WIRE_CD : 0;

    return (response[2] & WIRE_QR) && !((query[2] ^ response[2]) & WIRE_OPCODE) &&
           (response[2] & WIRE_RD) == rd && (response[3] & ~WIRE_RCODE) == cd;
}

static void check_response(const uint8_t *query, const uint8_t *response, size_t length, bool tcp)
{
    ldns_pkt *packet = NULL;
    unsigned rcode;

    if (length < WIRE_HEADER_LENGTH || (!tcp && length > WIRE_UDP_MAX) ||
        memcmp(query, response, 2) || !has_right_flags(query, response))
        abort();
    rcode = response[3] & WIRE_RCODE;
    if (rcode != WIRE_NOERROR && rcode != WIRE_NXDOMAIN && wire_get16(response + 6))
        abort();
    if (ldns_wire2pkt(&packet, response, length) != LDNS_STATUS_OK)
        abort();
    ldns_pkt_free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t address[4] = {192, 0, 2, 1};
    static const struct cookie_secrets secrets = {.has_previous = true};
    struct respond_client client = {.address = address, .address_length = sizeof address};
    uint8_t *packet;
    size_t length, room;

    if (size == 0)
        return 0;
    if (!table)
        set_up();
    client.tcp = data[0] & 4;
    room = client.tcp ? RESPOND_TCP_BUFFER : RESPOND_UDP_BUFFER;
    if (size - 1 > room)
        return 0;
    client.wall_s = 1800000000;
    table_set_mode(table, 0, (enum table_mode)(data[0] & 3));
    parse(data + 1, size - 1);
    packet = malloc(room);
    memcpy(packet, data + 1, size - 1);
    length = respond(table, &responder, &secrets, &client, packet, size - 1);
    if (length)
        check_response(data + 1, packet, length, client.tcp);
    free(packet);
    return 0;
}
