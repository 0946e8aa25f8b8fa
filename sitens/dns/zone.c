/* SPDX-License-Identifier: ISC */
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium/crypto_hash_sha256.h>
#include <stdlib.h>
#include <string.h>

#include "conf/name.h"
#include "keys.h"
#include "records.h"

/* Nobody transfers the zone; the timers are what checkers of zones expect to see (RFC 1912 section
 * 2.2, and the limits of Zonemaster). */
enum { SOA_REFRESH_S = 14400, SOA_RETRY_S = 3600, SOA_EXPIRE_S = 1209600 };

enum { ANY_TTL_S = 3789 }; /* RFC 8482 section 4.2 has it so in its example */

/* Appends "owner ttl IN type rdata"; every text comes from validated configuration. */
static bool add(struct zone *zone, const char *owner, uint32_t ttl, const char *type,
                const char *rdata)
{
    char line[1024];
    ldns_rr *rr = NULL;

    snprintf(line, sizeof line, "%s. %u IN %s %s", owner, ttl, type, rdata);
    return ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK &&
           ldns_rr_list_push_rr(zone->records, rr);
}

static bool add_addresses(struct zone *zone, const char *owner, uint32_t ttl,
                          const struct conf_addresses *list)
{
    bool good = true;

    for (size_t i = 0; good && i < list->n; i++) {
        char text[ADDRESS_TEXT_MAX];

        address_text(&list->at[i], text);
        good = add(zone, owner, ttl, list->at[i].family == AF_INET ? "A" : "AAAA", text);
    }
    return good;
}

static bool add_sites(struct zone *zone, const struct conf *conf)
{
    bool good = true;

    for (size_t i = 0; good && i < conf->n_sites; i++) {
        const struct conf_site *site = &conf->sites[i];
        char target[256 + 1];

        snprintf(target, sizeof target, "%s.", site->nameserver);
        good = add(zone, conf->name, conf->delegation_ttl, "NS", target);
        if (good && name_is_below(site->nameserver, conf->name))
            good = add_addresses(zone, site->nameserver, conf->delegation_ttl, &site->address);
    }
    return good;
}

static bool add_soa(struct zone *zone, const struct conf *conf)
{
    char rdata[768];

    snprintf(rdata, sizeof rdata, "%s. %s. %u %d %d %d %u", conf->sites[0].nameserver,
             conf->hostmaster, zone->serial, SOA_REFRESH_S, SOA_RETRY_S, SOA_EXPIRE_S,
             conf->negative_ttl);
    /* Several resolvers take the negative TTL from the SOA's own TTL alone: make them equal. */
    return add(zone, conf->name, conf->negative_ttl, "SOA", rdata);
}

/* The site file's fingerprint, with the extra records' content mixed in. */
static uint32_t serial_of(const struct zone *zone, const struct conf *conf, size_t first_extra)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    uint32_t serial = htonl(conf->serial); /* the same on hosts of either byte order */

    if (first_extra == ldns_rr_list_rr_count(zone->records))
        return conf->serial;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (unsigned char *)&serial, sizeof serial);
    for (size_t i = first_extra; i < ldns_rr_list_rr_count(zone->records); i++) {
        uint8_t *wire = NULL;
        size_t length = 0;

        ldns_rr2wire(&wire, ldns_rr_list_rr(zone->records, i), LDNS_SECTION_ANSWER, &length);
        crypto_hash_sha256_update(&state, wire, length);
        free(wire);
    }
    crypto_hash_sha256_final(&state, digest);
    memcpy(&serial, digest, sizeof serial);
    return serial ? ntohl(serial) : 1;
}

/* The keys themselves, and what tells the parent of them (RFC 7344, RFC 8078): the same at every
 * site that publishes the same keys. */
static void add_key_records(struct zone *zone)
{
    for (size_t i = 0; zone->keys && i < ldns_rr_list_rr_count(zone->keys->published); i++) {
        const ldns_rr *dnskey = ldns_rr_list_rr(zone->keys->published, i);
        ldns_rr *cds = ldns_key_rr2ds(dnskey, LDNS_SHA256);
        ldns_rr *cdnskey = ldns_rr_clone(dnskey);

        ldns_rr_set_type(cds, LDNS_RR_TYPE_CDS); /* ldns cannot make a CDS directly */
        ldns_rr_set_ttl(cds, zone->delegation_ttl);
        ldns_rr_set_type(cdnskey, LDNS_RR_TYPE_CDNSKEY);
        ldns_rr_list_push_rr(zone->records, ldns_rr_clone(dnskey));
        ldns_rr_list_push_rr(zone->records, cds);
        ldns_rr_list_push_rr(zone->records, cdnskey);
    }
}

/* RFC 8482 section 4.2; not at an alias, beside which nothing can stand (section 4.3). */
static void add_hinfos(struct zone *zone)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rdf *owner = ldns_rr_owner(ldns_rr_list_rr(zone->records, i));
        ldns_rr *hinfo = NULL;
        bool known =
            zone_has(zone, owner, LDNS_RR_TYPE_CNAME) || zone_has(zone, owner, LDNS_RR_TYPE_HINFO);

        for (size_t k = 0; !known && k < ldns_rr_list_rr_count(zone->hinfos); k++)
            known = !ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(zone->hinfos, k)), owner);
        if (known || ldns_rr_new_frm_str(&hinfo, ". IN HINFO RFC8482 \"\"", ANY_TTL_S, NULL,
                                         NULL) != LDNS_STATUS_OK)
            continue;
        ldns_rdf_deep_free(ldns_rr_owner(hinfo));
        ldns_rr_set_owner(hinfo, ldns_rdf_clone(owner));
        ldns_rr_list_push_rr(zone->hinfos, hinfo);
    }
}

static int fill(struct zone *zone, const struct conf *conf, const struct conf_site *self,
                struct faults *faults)
{
    size_t own;
    int r = 0;

    /* The addresses first: their types are the first ones a lookup tries. */
    if (!zone->apex || !zone->records ||
        !add_addresses(zone, conf->name, conf->ttl, &self->address) || !add_sites(zone, conf))
        return -ENOMEM;
    own = ldns_rr_list_rr_count(zone->records);
    if (conf->records)
        r = records_load(zone, conf->records, faults);
    if (r != 0)
        return r;
    zone->serial = serial_of(zone, conf, own);
    if (!add_soa(zone, conf))
        return -ENOMEM;
    r = keys_load(conf, faults, &zone->keys);
    if (r != 0)
        return r;
    add_key_records(zone);
    add_hinfos(zone);
    return 0;
}

int zone_load(const struct conf *conf, const struct conf_site *self, struct faults *faults,
              struct zone **ret)
{
    struct zone *zone = calloc(1, sizeof *zone);
    int r;

    if (!zone)
        return -ENOMEM;
    zone->apex = ldns_dname_new_frm_str(conf->name);
    zone->records = ldns_rr_list_new();
    zone->hinfos = ldns_rr_list_new();
    zone->ttl = conf->ttl;
    zone->negative_ttl = conf->negative_ttl;
    zone->delegation_ttl = conf->delegation_ttl;
    zone->set = answer_set_of_site(conf, (size_t)(self - conf->sites));
    r = fill(zone, conf, self, faults);
    if (r != 0) {
        zone_free(zone);
        return r;
    }
    *ret = zone;
    return 0;
}

static bool is_address_of_apex(const struct zone *zone, const ldns_rr *rr)
{
    ldns_rr_type type = ldns_rr_get_type(rr);

    return (type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA) &&
           !ldns_dname_compare(ldns_rr_owner(rr), zone->apex);
}

/* Appends the addresses of one site that are in set. */
static bool add_answers(struct zone *zone, const struct conf *conf, size_t site,
                        struct answer_set set)
{
    struct conf_addresses given = {0};

    for (size_t i = 0; i < conf->sites[site].address.n; i++)
        if (answer_set_has(set, site, conf->sites[site].address.at[i].family))
            given.at[given.n++] = conf->sites[site].address.at[i];
    return add_addresses(zone, conf->name, conf->ttl, &given);
}

int zone_set_answers(struct zone *zone, const struct conf *conf, const struct conf_site *self,
                     struct answer_set set)
{
    ldns_rr_list *before = zone->records;
    size_t own = (size_t)(self - conf->sites);
    bool good;

    zone->records = ldns_rr_list_new();
    good = zone->records && add_answers(zone, conf, own, set);
    for (size_t i = 0; good && i < conf->n_sites; i++)
        good = i == own || add_answers(zone, conf, i, set);
    if (!good) {
        ldns_rr_list_deep_free(zone->records);
        zone->records = before;
        return -ENOMEM;
    }
    for (size_t i = 0; i < ldns_rr_list_rr_count(before); i++) {
        ldns_rr *rr = ldns_rr_list_rr(before, i);

        if (is_address_of_apex(zone, rr))
            ldns_rr_free(rr);
        else
            ldns_rr_list_push_rr(zone->records, rr);
    }
    ldns_rr_list_free(before);
    zone->set = set;
    return 0;
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    ldns_rdf_deep_free(zone->apex);
    ldns_rr_list_deep_free(zone->records);
    ldns_rr_list_deep_free(zone->hinfos);
    ldns_rr_list_deep_free(zone->signatures.nsecs);
    ldns_rr_list_deep_free(zone->signatures.exact);
    ldns_rr_list_deep_free(zone->signatures.rrsigs);
    keys_free(zone->keys);
    free(zone);
}

size_t zone_select(const ldns_rr_list *list, const ldns_rdf *owner, ldns_rr_type type,
                   ldns_rr_list *found)
{
    size_t n = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);

        if (ldns_rr_get_type(rr) == type && !ldns_dname_compare(ldns_rr_owner(rr), owner)) {
            ldns_rr_list_push_rr(found, rr);
            n++;
        }
    }
    return n;
}

size_t zone_rrset(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type,
                  ldns_rr_list *list)
{
    return zone_select(zone->records, owner, type, list);
}

bool zone_has(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(zone->records, i);

        if ((type == LDNS_RR_TYPE_ANY || ldns_rr_get_type(rr) == type) &&
            !ldns_dname_compare(ldns_rr_owner(rr), owner))
            return true;
    }
    return false;
}
