/* SPDX-License-Identifier: ISC */
#include "referral.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "conf/dns.h"

/* 64 zero octets in base64. */
#define SIGNATURE                                                                                  \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

static bool push(ldns_pkt *packet, ldns_pkt_section section, const char *owner, const char *rest)
{
    char line[1024];
    ldns_rr *rr = NULL;

    snprintf(line, sizeof line, "%s. 3600 IN %s", owner, rest);
    return ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK &&
           ldns_pkt_push_rr(packet, section, rr);
}

/* Whether the record concerns one of the first n_sites sites; the DS concern all. */
static bool is_of(const struct delegation *d, const struct record *record, size_t n_sites)
{
    for (size_t i = 0; i < n_sites; i++) {
        const char *nameserver = d->conf->sites[i].nameserver;

        if (record->type == RECORD_NS ? !strncmp(record->data, nameserver, strlen(nameserver)) &&
                                            !strcmp(record->data + strlen(nameserver), ".")
                                      : record->owner == nameserver)
            return true;
    }
    return record->type == RECORD_DS;
}

static bool fill(ldns_pkt *packet, const struct delegation *d, size_t n_sites)
{
    char rest[NAME_TEXT_MAX + 8];
    bool good = true;

    for (size_t i = 0; good && i < d->n; i++) {
        const struct record *record = &d->at[i];

        if (!is_of(d, record, n_sites))
            continue;
        snprintf(rest, sizeof rest, "%s %s", record_type_name(record->type), record->data);
        good = push(packet,
                    record->place == PLACE_CUT ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ADDITIONAL,
                    record->owner, rest);
    }
    if (good && d->ds_state == DS_GIVEN) {
        char signature[NAME_TEXT_MAX + 256];

        snprintf(signature, sizeof signature,
                 "RRSIG DS 13 2 3600 20300101000000 20300101000000 1 %s. " SIGNATURE,
                 d->conf->parent);
        good = push(packet, LDNS_SECTION_AUTHORITY, d->conf->name, signature);
    }
    return good;
}

size_t referral_size(const struct delegation *d, size_t n_sites)
{
    ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(d->conf->name), LDNS_RR_TYPE_A,
                                          LDNS_RR_CLASS_IN, 0);
    uint8_t *wire = NULL;
    size_t size = 0;

    if (!packet)
        return 0;
    ldns_pkt_set_edns_udp_size(packet, DNS_UDP_EDNS);
    if (!fill(packet, d, n_sites) || ldns_pkt2wire(&wire, packet, &size) != LDNS_STATUS_OK)
        size = 0;
    free(wire);
    ldns_pkt_free(packet);
    return size;
}

size_t referral_fits(const struct delegation *d, size_t limit)
{
    size_t n = d->conf->n_sites;

    while (n > 0 && referral_size(d, n) > limit)
        n--;
    return n;
}
