/* SPDX-License-Identifier: ISC */
#include "dns_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/compile.h"
#include "dns/wire.h"

static void no_fault(void *userdata, const char *text)
{
    (void)userdata;
    fail_msg("%s", text);
}

struct table *dns_table(void **state, const char *site_file, const char *extra)
{
    const struct conf_file *file = *state;
    struct conf *conf = conf_file_load(state, site_file);
    struct table *table;
    struct version version;
    struct zone *zone;
    char path[128];

    if (extra) {
        FILE *out;

        snprintf(path, sizeof path, "%s/extra", file->directory);
        out = fopen(path, "w");
        assert_non_null(out);
        fputs(extra, out);
        fclose(out);
        conf->records = strdup(path);
    }
    assert_int_equal(zone_load(conf, &(struct faults){.on_fault = no_fault}, &zone), 0);
    assert_int_equal(
        version_make(zone, conf, conf->sites, answer_set_of_site(conf, 0), NULL, 0, &version), 0);
    assert_int_equal(
        compile_table(&(const struct version *){&version}, 1, conf->sites[0].id, &table), 0);
    table_set_mode(table, 0, TABLE_SERVE);
    version_done(&version);
    zone_free(zone);
    conf_free(conf);
    if (extra)
        unlink(path);
    return table;
}

size_t dns_query(uint8_t *packet, const char *name, uint16_t type)
{
    static const uint8_t header[WIRE_HEADER_LENGTH] = {0x12, 0x34, 0, 0, 0, 1};
    ldns_rdf *wire = ldns_dname_new_frm_str(name);
    size_t length = ldns_rdf_size(wire);

    memcpy(packet, header, sizeof header);
    memcpy(packet + sizeof header, ldns_rdf_data(wire), length);
    length += sizeof header;
    ldns_rdf_deep_free(wire);
    wire_put16(packet + length, type);
    wire_put16(packet + length + 2, WIRE_CLASS_IN);
    return length + 4;
}

size_t dns_add_opt(uint8_t *packet, size_t length, uint16_t payload, bool dnssec_ok)
{
    memset(packet + length, 0, WIRE_OPT_LENGTH);
    wire_put16(packet + length + 1, WIRE_TYPE_OPT);
    wire_put16(packet + length + 3, payload);
    packet[length + 7] = dnssec_ok ? 0x80 : 0;
    packet[WIRE_AT_ARCOUNT + 1]++;
    return length + WIRE_OPT_LENGTH;
}

size_t dns_respond(const struct table *table, uint8_t *packet, size_t length)
{
    static struct responder responder; /* counters only */
    static const struct cookie_secrets secrets;
    const uint8_t address[4] = {192, 0, 2, 99};
    const struct respond_client client = {.address = address, .address_length = sizeof address};
    uint8_t *exact = malloc(RESPOND_UDP_BUFFER); /* so that a sanitizer sees its end */
    size_t size;

    memcpy(exact, packet, length);
    size = respond(table, &responder, &secrets, &client, exact, length);
    memcpy(packet, exact, size);
    free(exact);
    return size;
}
