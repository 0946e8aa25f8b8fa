/* SPDX-License-Identifier: ISC */
#include "referral.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "conf/dns.h"

enum { SIGNATURE_OCTETS = 256 };

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

static bool add_records(ldns_pkt *packet, const struct delegation *d, size_t n_sites,
                        enum referral_query query)
{
    char rest[NAME_TEXT_MAX + 8];
    bool good = true;

    for (size_t i = 0; good && i < d->n; i++) {
        const struct record *record = &d->at[i];

        if (!is_of(d, record, n_sites) || (record->type == RECORD_DS && query == REFERRAL_PLAIN))
            continue;
        snprintf(rest, sizeof rest, "%s %s", record_type_name(record->type), record->data);
        good = push(packet,
                    record->place == PLACE_CUT ? LDNS_SECTION_AUTHORITY : LDNS_SECTION_ADDITIONAL,
                    record->owner, rest);
    }
    return good;
}

static bool add_signature(ldns_pkt *packet, const struct delegation *d)
{
    static const size_t digits = (SIGNATURE_OCTETS * 8 + 5) / 6;
    char base64[2 * SIGNATURE_OCTETS] = "", text[NAME_TEXT_MAX + sizeof base64 + 64];

    memset(base64, 'A', digits);
    memset(base64 + digits, '=', (4 - digits % 4) % 4);
    snprintf(text, sizeof text, "RRSIG DS 8 2 3600 20300101000000 20300101000000 1 %s. %s",
             d->conf->parent, base64);
    return push(packet, LDNS_SECTION_AUTHORITY, d->conf->name, text);
}

size_t referral_size(const struct delegation *d, size_t n_sites, enum referral_query query)
{
    ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(d->conf->name), LDNS_RR_TYPE_A,
                                          LDNS_RR_CLASS_IN, 0);
    uint8_t *wire = NULL;
    size_t size = 0;

    if (!packet)
        return 0;
    if (query == REFERRAL_DNSSEC)
        ldns_pkt_set_edns_udp_size(packet, DNS_UDP_EDNS);
    if (!add_records(packet, d, n_sites, query) ||
        (query == REFERRAL_DNSSEC && d->ds_state == DS_GIVEN && !add_signature(packet, d)) ||
        ldns_pkt2wire(&wire, packet, &size) != LDNS_STATUS_OK)
        size = 0;
    free(wire);
    ldns_pkt_free(packet);
    return size;
}

size_t referral_fits(const struct delegation *d, enum referral_query query)
{
    size_t n = d->conf->n_sites, limit = query == REFERRAL_PLAIN ? DNS_UDP_PLAIN : DNS_UDP_EDNS;

    while (n > 0 && referral_size(d, n, query) > limit)
        n--;
    return n;
}
