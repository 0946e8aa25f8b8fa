/* SPDX-License-Identifier: ISC */
#include "referral_result.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "conf/address.h"
#include "delegation.h"

/* The zone between the parent and the name that this server tells of, by a referral or by the SOA
 * of the zone that holds no DS for it; NULL if there is none. The caller frees it. */
static char *zone_between(const struct parent_result *result, const struct conf *conf)
{
    char *zone = answer_referral(&result->asks[PARENT_NS]);

    if (!zone)
        zone = answer_soa_owner(&result->asks[PARENT_DS]);
    if (zone && strcmp(zone, conf->parent) != 0 && strcmp(zone, conf->name) != 0 &&
        name_is_within(zone, conf->parent) && name_is_within(conf->name, zone))
        return zone;
    free(zone);
    return NULL;
}

/* Whether the name beside the delegated one is answered in the same way. */
static bool is_by_wildcard(const struct parent_result *result, const char *name,
                           enum parent_probe probe, enum parent_probe sibling, ldns_rr_type type)
{
    char *own = answer_records_text(&result->asks[probe], LDNS_SECTION_ANSWER, name, type);
    char *other =
        answer_records_text(&result->asks[sibling], LDNS_SECTION_ANSWER, result->sibling, type);
    bool same = own && other && strcmp(own, "none") != 0 && !strcmp(own, other);

    free(own);
    free(other);
    return same;
}

static bool has(const struct parent_result *result, enum parent_probe probe, const char *name,
                ldns_rr_type type)
{
    return answer_count(&result->asks[probe], LDNS_SECTION_ANSWER, name, type) > 0;
}

/* What stands in the place of the delegation, or instead of it. */
static void examine_place(const struct parent_result *result, const char *name,
                          struct report *report)
{
    const char *where = result->where;
    bool a = has(result, PARENT_A, name, LDNS_RR_TYPE_A);
    bool aaaa = has(result, PARENT_AAAA, name, LDNS_RR_TYPE_AAAA);

    if (is_by_wildcard(result, name, PARENT_A, PARENT_SIBLING_A, LDNS_RR_TYPE_CNAME) ||
        (a && is_by_wildcard(result, name, PARENT_A, PARENT_SIBLING_A, LDNS_RR_TYPE_A)) ||
        (aaaa && is_by_wildcard(result, name, PARENT_AAAA, PARENT_SIBLING_AAAA, LDNS_RR_TYPE_AAAA)))
        report_add_at(
            report, SEVERITY_ERROR, "not-delegated", where,
            "Put what parentgen prints into the parent zone; the wildcard can stay, it then "
            "no longer covers the name",
            "the parent does not delegate %s: a wildcard answers for it", name);
    else if (has(result, PARENT_NS, name, LDNS_RR_TYPE_CNAME) ||
             has(result, PARENT_A, name, LDNS_RR_TYPE_CNAME))
        report_add_at(report, SEVERITY_ERROR, "cname-at-name", where,
                      "Remove it, and put what parentgen prints there",
                      "the parent holds a CNAME at %s", name);
    else if (a || aaaa)
        report_add_at(report, SEVERITY_ERROR, "address-at-name", where,
                      "Replace them by what parentgen prints",
                      "the parent holds address records at %s, and does not delegate it", name);
    else if (has(result, PARENT_NS, name, LDNS_RR_TYPE_NS))
        report_add_at(report, SEVERITY_ERROR, "parent-serves-name", where,
                      "Remove that zone from the server: its resolvers would never ask the sites",
                      "the parent's server holds a zone %s of its own", name);
    else
        report_add_at(report, SEVERITY_ERROR, "not-delegated", where,
                      "Put what parentgen prints into the parent zone",
                      "the parent does not delegate %s", name);
}

static char *dname_above(const struct parent_result *result)
{
    char *dname = answer_dname_owner(&result->asks[PARENT_DNAME]);

    return dname ? dname : answer_dname_owner(&result->asks[PARENT_A]);
}

/* Why there is no delegation. */
static void examine_no_referral(const struct parent_result *result, const struct conf *conf,
                                struct report *report)
{
    char *zone = zone_between(result, conf), *dname = dname_above(result);

    if (zone)
        report_add_at(report, SEVERITY_ERROR, "zone-between", result->where,
                      "Set `parent` in the site file to that zone, and print again",
                      "%s lies in the zone %s, which %s delegates", conf->name, zone, conf->parent);
    else if (dname)
        report_add_at(
            report, SEVERITY_ERROR, "dname-at-name", result->where,
            "Remove it, then put in what parentgen prints: nothing at or below a DNAME can "
            "be delegated",
            "the parent holds a DNAME at %s", dname);
    else if (!answer_report_failure(&result->asks[PARENT_NS], "NS", result->where, report))
        examine_place(result, conf->name, report);
    free(zone);
    free(dname);
}

static bool lists(const ldns_rr_list *ns, const char *nameserver)
{
    ldns_rdf *name = ldns_dname_new_frm_str(nameserver);
    bool found = false;

    for (size_t i = 0; i < ldns_rr_list_rr_count(ns); i++)
        found |= ldns_dname_compare(ldns_rr_rdf(ldns_rr_list_rr(ns, i), 0), name) == 0;
    ldns_rdf_deep_free(name);
    return found;
}

static bool is_site(const struct conf *conf, const char *nameserver)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        if (!strcmp(conf->sites[i].nameserver, nameserver))
            return true;
    return false;
}

/* What an operator may have meant by a name that is no site's. */
static const char *explain(const struct conf *conf, const char *name)
{
    size_t length = strlen(name), parent = strlen(conf->parent);
    struct address address;
    char own[NAME_TEXT_MAX];

    if (length >= sizeof own)
        return "";
    strcpy(own, name);
    if (length > parent && name_is_within(name, conf->parent))
        own[length - parent - 1] = '\0'; /* as if the zone's name had been added to it */
    if (address_parse(own, &address))
        return ": NS records take a name, not an address";
    if (is_site(conf, own) || (strcmp(own, name) != 0 && name_is_within(own, conf->parent)))
        return ": its final dot is missing, so that the zone's name was added";
    return "";
}

static void examine_stale(const ldns_rr *rr, const struct conf *conf, const char *where,
                          struct report *report)
{
    ldns_rr *rrs[] = {(ldns_rr *)rr};
    ldns_rr_list one = {._rr_count = 1, ._rr_capacity = 1, ._rrs = rrs};
    char *name = answer_text(&one);

    if (name && !is_site(conf, name))
        report_add_at(report, SEVERITY_ERROR, "ns-stale", where,
                      "Remove its NS record: resolvers lose time with it",
                      "the delegation lists %s, which is no site's name server%s", name,
                      explain(conf, name));
    free(name);
}

static void examine_name_servers(const ldns_rr_list *ns, const struct conf *conf, const char *where,
                                 struct report *report)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        if (!lists(ns, conf->sites[i].nameserver))
            report_add_at(report, SEVERITY_ERROR, "ns-missing", where,
                          "Add the NS record, so that resolvers find the site",
                          "the delegation lacks %s, the name server of %s",
                          conf->sites[i].nameserver, conf->sites[i].id);
    for (size_t i = 0; i < ldns_rr_list_rr_count(ns); i++)
        examine_stale(ldns_rr_list_rr(ns, i), conf, where, report);
    if (ldns_rr_list_rr_count(ns) && ldns_rr_ttl(ldns_rr_list_rr(ns, 0)) != conf->delegation_ttl)
        report_add_at(report, SEVERITY_WARNING, "ttl-differs", where,
                      "Set it to the site file's delegation-ttl, or change that",
                      "the NS records have the TTL %u s; the site file has %u s",
                      ldns_rr_ttl(ldns_rr_list_rr(ns, 0)), conf->delegation_ttl);
}

static void examine_glue(const struct ask *ask, const struct conf_site *site, int family,
                         const char *where, struct report *report)
{
    ldns_rr_type type = family == AF_INET ? LDNS_RR_TYPE_A : LDNS_RR_TYPE_AAAA;
    char *wanted = answer_addresses_text(&site->address, family);
    char *found = answer_records_text(ask, LDNS_SECTION_ADDITIONAL, site->nameserver, type);
    const char *name = family == AF_INET ? "A" : "AAAA";
    bool differs = answer_differs(found, wanted, report);

    if (differs && !strcmp(found, "none"))
        report_add_at(report, SEVERITY_ERROR, "glue-missing", where,
                      "Add the address records that parentgen prints",
                      "the referral lacks glue: %s %s %s", site->nameserver, name, wanted);
    else if (differs)
        report_add_at(report, SEVERITY_ERROR, "glue-differs", where,
                      "Replace it by what parentgen prints; if the provider proxies the name, "
                      "switch that off",
                      "the glue of %s is %s %s; the site file has %s", site->nameserver, name,
                      found, wanted);
    free(wanted);
    free(found);
}

/* RFC 9471: all glue for names below the cut, or TC. Some servers drop what does not fit. */
static void examine_dropped(const struct ask *udp, const struct ask *tcp, const struct conf *conf,
                            const char *where, struct report *report)
{
    size_t dropped = 0;

    for (size_t i = 0; i < conf->n_sites; i++) {
        const char *name = conf->sites[i].nameserver;

        if (!name_is_within(name, conf->name))
            continue;
        dropped += answer_count(tcp, LDNS_SECTION_ADDITIONAL, name, LDNS_RR_TYPE_A) +
                       answer_count(tcp, LDNS_SECTION_ADDITIONAL, name, LDNS_RR_TYPE_AAAA) >
                   answer_count(udp, LDNS_SECTION_ADDITIONAL, name, LDNS_RR_TYPE_A) +
                       answer_count(udp, LDNS_SECTION_ADDITIONAL, name, LDNS_RR_TYPE_AAAA);
    }
    if (dropped)
        report_add_at(report, SEVERITY_WARNING, "glue-dropped", where,
                      "Use fewer sites or shorter name server names, so that all of it fits",
                      "over UDP the referral lacks addresses of %zu of %zu sites, and does not say "
                      "so (TC)",
                      dropped, conf->n_sites);
}

static void examine_referral(const struct ask *ask, const struct conf *conf, const char *where,
                             struct report *report)
{
    ldns_rr_list *ns = answer_records(ask, LDNS_SECTION_AUTHORITY, conf->name, LDNS_RR_TYPE_NS);

    examine_name_servers(ns, conf, where, report);
    for (size_t i = 0; i < conf->n_sites; i++)
        if (name_is_within(conf->sites[i].nameserver, conf->name) &&
            lists(ns, conf->sites[i].nameserver)) {
            examine_glue(ask, &conf->sites[i], AF_INET, where, report);
            examine_glue(ask, &conf->sites[i], AF_INET6, where, report);
        }
    ldns_rr_list_free(ns);
}

static bool refers_to(const struct ask *ask, const char *name)
{
    char *cut = answer_referral(ask);
    bool same = cut && !strcmp(cut, name);

    free(cut);
    return same;
}

bool referral_result_examine(const struct parent_result *result, const struct conf *conf,
                             struct report *report)
{
    const struct ask *udp = &result->asks[PARENT_NS], *tcp = &result->asks[PARENT_NS_TCP];
    bool by_udp = refers_to(udp, conf->name), by_tcp = refers_to(tcp, conf->name);

    /* What keeps the answer back over UDP must not hide it from the check. */
    if (by_tcp && ask_was_sent(udp) && udp->outcome != ASK_ANSWERED) {
        if (result->asks[PARENT_SOA].outcome == ASK_ANSWERED) /* else silence is told already */
            answer_report_failure(udp, "NS", result->where, report);
    } else if (!by_udp) {
        if (ask_was_sent(udp))
            examine_no_referral(result, conf, report);
        return false;
    }
    examine_referral(by_tcp ? tcp : udp, conf, result->where, report);
    if (by_udp && by_tcp)
        examine_dropped(udp, tcp, conf, result->where, report);
    return true;
}
