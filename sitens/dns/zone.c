/* SPDX-License-Identifier: ISC */
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

/* Nobody transfers the zone; the timers are what checkers of zones expect to see (RFC 1912 section
 * 2.2, and the limits of Zonemaster). */
enum { SOA_REFRESH_S = 14400, SOA_RETRY_S = 3600, SOA_EXPIRE_S = 1209600 };

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
        char text[INET6_ADDRSTRLEN];

        inet_ntop(list->at[i].family, list->at[i].octets, text, sizeof text);
        good = add(zone, owner, ttl, list->at[i].family == AF_INET ? "A" : "AAAA", text);
    }
    return good;
}

static bool is_in_zone(const char *name, const char *zone)
{
    size_t n = strlen(name), z = strlen(zone);

    return n > z && name[n - z - 1] == '.' && !strcmp(name + n - z, zone);
}

static bool add_sites(struct zone *zone, const struct conf *conf)
{
    bool good = true;

    for (size_t i = 0; good && i < conf->n_sites; i++) {
        const struct conf_site *site = &conf->sites[i];
        char target[256 + 1];

        snprintf(target, sizeof target, "%s.", site->nameserver);
        good = add(zone, conf->name, conf->delegation_ttl, "NS", target);
        if (good && is_in_zone(site->nameserver, conf->name))
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
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint32_t serial;

    if (first_extra == ldns_rr_list_rr_count(zone->records) || !context) {
        EVP_MD_CTX_free(context);
        return conf->serial;
    }
    serial = htonl(conf->serial); /* the same on hosts of either byte order */
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, &serial, sizeof serial);
    for (size_t i = first_extra; i < ldns_rr_list_rr_count(zone->records); i++) {
        char *text = ldns_rr2str(ldns_rr_list_rr(zone->records, i));

        EVP_DigestUpdate(context, text, strlen(text));
        free(text);
    }
    EVP_DigestFinal_ex(context, digest, NULL);
    EVP_MD_CTX_free(context);
    memcpy(&serial, digest, sizeof serial);
    return serial ? ntohl(serial) : 1;
}

static int fill(struct zone *zone, const struct conf *conf, const struct conf_site *self,
                conf_fault_fn on_fault, void *userdata)
{
    size_t own;

    /* The addresses first: their types are the first ones a lookup tries. */
    if (!zone->apex || !zone->records ||
        !add_addresses(zone, conf->name, conf->ttl, &self->address) || !add_sites(zone, conf))
        return -ENOMEM;
    own = ldns_rr_list_rr_count(zone->records);
    if (conf->records && records_load(zone, conf->records, on_fault, userdata) < 0)
        return -EINVAL;
    zone->serial = serial_of(zone, conf, own);
    return add_soa(zone, conf) ? 0 : -ENOMEM;
}

int zone_load(const struct conf *conf, const struct conf_site *self, conf_fault_fn on_fault,
              void *userdata, struct zone **ret)
{
    struct zone *zone = calloc(1, sizeof *zone);
    int r;

    if (!zone)
        return -ENOMEM;
    zone->apex = ldns_dname_new_frm_str(conf->name);
    zone->records = ldns_rr_list_new();
    zone->ttl = conf->ttl;
    zone->negative_ttl = conf->negative_ttl;
    zone->delegation_ttl = conf->delegation_ttl;
    r = fill(zone, conf, self, on_fault, userdata);
    if (r < 0) {
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
    ldns_rdf_deep_free(zone->apex);
    ldns_rr_list_deep_free(zone->records);
    free(zone);
}

size_t zone_rrset(const struct zone *zone, const ldns_rdf *owner, ldns_rr_type type,
                  ldns_rr_list *list)
{
    size_t found = 0;

    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        ldns_rr *rr = ldns_rr_list_rr(zone->records, i);

        if (ldns_rr_get_type(rr) == type && !ldns_dname_compare(ldns_rr_owner(rr), owner)) {
            ldns_rr_list_push_rr(list, rr);
            found++;
        }
    }
    return found;
}

void zone_print(FILE *out, const struct zone *zone)
{
    ldns_rr_list *sorted = ldns_rr_list_clone(zone->records);

    ldns_rr_list_sort(sorted);
    for (size_t i = 0; i < ldns_rr_list_rr_count(sorted); i++) /* a zone file begins with its SOA */
        if (ldns_rr_get_type(ldns_rr_list_rr(sorted, i)) == LDNS_RR_TYPE_SOA)
            ldns_rr_print(out, ldns_rr_list_rr(sorted, i));
    for (size_t i = 0; i < ldns_rr_list_rr_count(sorted); i++)
        if (ldns_rr_get_type(ldns_rr_list_rr(sorted, i)) != LDNS_RR_TYPE_SOA)
            ldns_rr_print(out, ldns_rr_list_rr(sorted, i));
    ldns_rr_list_deep_free(sorted);
}
