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
static bool add(ldns_rr_list *list, const char *owner, uint32_t ttl, const char *type,
                const char *rdata)
{
    char line[1024];
    ldns_rr *rr = NULL;

    snprintf(line, sizeof line, "%s. %u IN %s %s", owner, ttl, type, rdata);
    return ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK &&
           ldns_rr_list_push_rr(list, rr);
}

bool zone_add_address(ldns_rr_list *list, const char *owner, uint32_t ttl,
                      const struct address *address)
{
    char text[ADDRESS_TEXT_MAX];

    return add(list, owner, ttl, address->family == AF_INET ? "A" : "AAAA",
               address_text(address, text));
}

static bool add_sites(struct zone *zone, const struct conf *conf)
{
    bool good = true;

    for (size_t i = 0; good && i < conf->n_sites; i++) {
        const struct conf_site *site = &conf->sites[i];
        char target[256 + 1];

        snprintf(target, sizeof target, "%s.", site->nameserver);
        good = add(zone->records, conf->name, conf->delegation_ttl, "NS", target);
        if (!name_is_below(site->nameserver, conf->name))
            continue;
        for (size_t k = 0; good && k < site->address.n; k++)
            good = zone_add_address(zone->records, site->nameserver, conf->delegation_ttl,
                                    &site->address.at[k]);
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
    return add(zone->records, conf->name, conf->negative_ttl, "SOA", rdata);
}

static bool hash_record(crypto_hash_sha256_state *state, const ldns_rr *rr)
{
    uint8_t *wire = NULL;
    size_t length = 0;

    if (ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &length) != LDNS_STATUS_OK || !wire)
        return false;
    crypto_hash_sha256_update(state, wire, length);
    free(wire);
    return true;
}

/* The site file's fingerprint, with the content of the records from first_extra on mixed in. */
static bool set_serial(struct zone *zone, const struct conf *conf, size_t first_extra)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    uint32_t serial = htonl(conf->serial); /* the same on hosts of either byte order */

    zone->serial = conf->serial;
    if (first_extra == ldns_rr_list_rr_count(zone->records))
        return true;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (unsigned char *)&serial, sizeof serial);
    for (size_t i = first_extra; i < ldns_rr_list_rr_count(zone->records); i++)
        if (!hash_record(&state, ldns_rr_list_rr(zone->records, i)))
            return false;
    crypto_hash_sha256_final(&state, digest);
    memcpy(&serial, digest, sizeof serial);
    zone->serial = serial ? ntohl(serial) : 1;
    return true;
}

/* Takes over rr, NULL if there was no memory for it. */
static bool take(ldns_rr_list *list, ldns_rr *rr)
{
    if (rr && ldns_rr_list_push_rr(list, rr))
        return true;
    ldns_rr_free(rr);
    return false;
}

/* The keys themselves, and what tells the parent of them (RFC 7344, RFC 8078): the same at every
 * site that publishes the same keys. */
static bool add_key_records(struct zone *zone)
{
    bool good = true;

    for (size_t i = 0; good && zone->keys && i < ldns_rr_list_rr_count(zone->keys->published);
         i++) {
        const ldns_rr *dnskey = ldns_rr_list_rr(zone->keys->published, i);
        ldns_rr *cds = ldns_key_rr2ds(dnskey, LDNS_SHA256);
        ldns_rr *cdnskey = ldns_rr_clone(dnskey);

        if (cds)
            ldns_rr_set_type(cds, LDNS_RR_TYPE_CDS); /* ldns cannot make a CDS directly */
        if (cds)
            ldns_rr_set_ttl(cds, zone->delegation_ttl);
        if (cdnskey)
            ldns_rr_set_type(cdnskey, LDNS_RR_TYPE_CDNSKEY);
        good = take(zone->records, ldns_rr_clone(dnskey));
        good = take(zone->records, cds) && good;
        good = take(zone->records, cdnskey) && good;
    }
    return good;
}

static bool add_hinfo(struct zone *zone, const ldns_rdf *owner)
{
    ldns_rr *hinfo = NULL;

    if (ldns_rr_new_frm_str(&hinfo, ". IN HINFO RFC8482 \"\"", ANY_TTL_S, NULL, NULL) !=
        LDNS_STATUS_OK)
        return false;
    ldns_rdf_deep_free(ldns_rr_owner(hinfo));
    ldns_rr_set_owner(hinfo, ldns_rdf_clone(owner));
    if (ldns_rr_owner(hinfo))
        return take(zone->hinfo_records, hinfo);
    ldns_rr_free(hinfo);
    return false;
}

/* RFC 8482 section 4.2; not at an alias, beside which nothing can stand (section 4.3). */
static bool add_hinfos(struct zone *zone)
{
    const struct rrsets *all = &zone->rrsets;
    bool good = true;

    for (size_t i = 0, end; good && i < all->n; i = end) {
        const ldns_rdf *owner = all->at[i].owner;

        end = rrsets_end_of_owner(all, i);
        if (!zone_has(zone, owner, LDNS_RR_TYPE_CNAME) &&
            !zone_has(zone, owner, LDNS_RR_TYPE_HINFO))
            good = add_hinfo(zone, owner);
    }
    return good;
}

static int index_records(struct zone *zone)
{
    int r = rrsets_make(zone->records, &zone->rrsets);

    if (r < 0)
        return r;
    return add_hinfos(zone) ? rrsets_make(zone->hinfo_records, &zone->hinfos) : -ENOMEM;
}

static int fill(struct zone *zone, const struct conf *conf, struct faults *faults)
{
    size_t own;
    int r = 0;

    if (!zone->apex || !zone->records || !zone->hinfo_records || !add_sites(zone, conf))
        return -ENOMEM;
    own = ldns_rr_list_rr_count(zone->records);
    if (conf->records)
        r = records_load(zone, conf->records, faults);
    if (r != 0)
        return r;
    if (!set_serial(zone, conf, own) || !add_soa(zone, conf))
        return -ENOMEM;
    r = keys_load(conf, faults, &zone->keys);
    if (r != 0)
        return r;
    return add_key_records(zone) ? index_records(zone) : -ENOMEM;
}

int zone_load(const struct conf *conf, struct faults *faults, struct zone **ret)
{
    struct zone *zone = calloc(1, sizeof *zone);
    int r;

    if (!zone)
        return -ENOMEM;
    zone->apex = ldns_dname_new_frm_str(conf->name);
    zone->records = ldns_rr_list_new();
    zone->hinfo_records = ldns_rr_list_new();
    zone->ttl = conf->ttl;
    zone->negative_ttl = conf->negative_ttl;
    zone->delegation_ttl = conf->delegation_ttl;
    r = fill(zone, conf, faults);
    if (r != 0) {
        zone_free(zone);
        return r;
    }
    *ret = zone;
    return 0;
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    rrsets_done(&zone->rrsets);
    rrsets_done(&zone->hinfos);
    ldns_rdf_deep_free(zone->apex);
    ldns_rr_list_deep_free(zone->records);
    ldns_rr_list_deep_free(zone->hinfo_records);
    keys_free(zone->keys);
    free(zone);
}

bool zone_has(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type)
{
    return rrsets_find(&zone->rrsets, owner, type);
}
