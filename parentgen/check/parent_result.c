/* SPDX-License-Identifier: ISC */
#include "parent_result.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "ds_result.h"
#include "referral_result.h"

/* A name beside the delegated one. It must not exist, and nobody calls a host so. */
static void name_sibling(struct parent_result *result, const char *name)
{
    const char *rest = strchr(name, '.');

    if (!rest || snprintf(result->sibling, sizeof result->sibling,
                          "parentgen-asks-for-a-wildcard%s", rest) >= NAME_TEXT_MAX - 1)
        *result->sibling = '\0';
}

static const char *name_of(const struct parent_result *result, const struct conf *conf,
                           enum parent_probe probe)
{
    switch (probe) {
    case PARENT_SOA:
    case PARENT_TCP:
    case PARENT_DNSKEY:
        return conf->parent;
    case PARENT_SIBLING_A:
    case PARENT_SIBLING_AAAA:
        return result->sibling;
    default:
        return conf->name;
    }
}

int parent_result_prepare(struct parent_result *result, const struct conf *conf, struct ask **asks,
                          size_t *n)
{
    static const ldns_rr_type types[] = {
        [PARENT_SOA] = LDNS_RR_TYPE_SOA,
        [PARENT_TCP] = LDNS_RR_TYPE_SOA,
        [PARENT_NS] = LDNS_RR_TYPE_NS,
        [PARENT_NS_TCP] = LDNS_RR_TYPE_NS,
        [PARENT_A] = LDNS_RR_TYPE_A,
        [PARENT_AAAA] = LDNS_RR_TYPE_AAAA,
        [PARENT_DNAME] = LDNS_RR_TYPE_DNAME,
        [PARENT_SIBLING_A] = LDNS_RR_TYPE_A,
        [PARENT_SIBLING_AAAA] = LDNS_RR_TYPE_AAAA,
        [PARENT_DS] = LDNS_RR_TYPE_DS,
        [PARENT_DNSKEY] = LDNS_RR_TYPE_DNSKEY,
    };

    result->hosts = calloc(2 * conf->n_sites, sizeof *result->hosts);
    if (!result->hosts)
        return -ENOMEM;
    name_sibling(result, conf->name);
    for (enum parent_probe probe = 0; probe < PARENT_PROBES; probe++) {
        result->asks[probe] = (struct ask){.to = result->at,
                                           .tcp = probe == PARENT_TCP || probe == PARENT_NS_TCP,
                                           .name = name_of(result, conf, probe),
                                           .type = types[probe]};
        if (*result->asks[probe].name)
            asks[(*n)++] = &result->asks[probe];
    }
    for (size_t i = 0; i < 2 * conf->n_sites; i++) {
        const char *name = conf->sites[i / 2].nameserver;

        result->hosts[i] = (struct ask){
            .to = result->at, .name = name, .type = i % 2 ? LDNS_RR_TYPE_AAAA : LDNS_RR_TYPE_A};
        if (name_is_within(name, conf->parent) && !name_is_within(name, conf->name))
            asks[(*n)++] = &result->hosts[i];
    }
    return 0;
}

void parent_result_done(struct parent_result *result, const struct conf *conf)
{
    for (enum parent_probe probe = 0; probe < PARENT_PROBES; probe++)
        ask_done(&result->asks[probe]);
    for (size_t i = 0; result->hosts && i < 2 * conf->n_sites; i++)
        ask_done(&result->hosts[i]);
    free(result->hosts);
}

/* Whether it answers, and for the zone. */
static bool examine_server(const struct parent_result *result, const struct conf *conf,
                           struct report *report)
{
    const struct ask *soa = &result->asks[PARENT_SOA], *tcp = &result->asks[PARENT_TCP];
    char buffer[64];

    if (!result->was_asked)
        return false; /* a host without IPv6 cannot ask; the others answer for it */
    if (soa->outcome != ASK_ANSWERED) {
        report_add_at(report, SEVERITY_ERROR, "parent-silent", result->where,
                      "Wait if it is being restarted; else fix that server, or the network "
                      "between it and here",
                      "a name server of %s %s over UDP", conf->parent,
                      answer_outcome(soa, buffer, sizeof buffer));
        return tcp->outcome == ASK_ANSWERED;
    }
    if (tcp->outcome != ASK_ANSWERED && ask_was_sent(tcp))
        report_add_at(report, SEVERITY_ERROR, "parent-no-tcp", result->where,
                      "Open TCP port 53 of that server", "a name server of %s %s over TCP",
                      conf->parent, answer_outcome(tcp, buffer, sizeof buffer));
    if (answer_is_authoritative(soa) &&
        answer_count(soa, LDNS_SECTION_ANSWER, conf->parent, LDNS_RR_TYPE_SOA))
        return true;
    report_add_at(report, SEVERITY_ERROR, "parent-lame", result->where,
                  "Check `parent` in the site file, and that the server holds that zone",
                  "a name server does not serve the zone %s: it %s", conf->parent,
                  answer_has_rcode(soa, LDNS_RCODE_NOERROR)
                      ? "answers without authority for it"
                      : answer_outcome(soa, buffer, sizeof buffer));
    return false;
}

bool parent_result_knows_host(const struct parent_result *result, size_t site)
{
    const struct ask *a = &result->hosts[2 * site];

    return a->outcome == ASK_ANSWERED && ldns_pkt_aa(a->reply);
}

static bool has_cname(const struct ask *ask, const char *name)
{
    return answer_count(ask, LDNS_SECTION_ANSWER, name, LDNS_RR_TYPE_CNAME) > 0;
}

/* What lies between the parent zone and the host: what the parent zone holds for it is not seen. */
char *parent_result_hides_host(const struct parent_result *result, const struct conf *conf,
                               size_t site)
{
    const struct ask *ask = &result->hosts[2 * site];
    const char *host = conf->sites[site].nameserver;
    char *dname = answer_dname_owner(ask), *zone = answer_referral(ask), *text = NULL;
    int r = 0;

    if (!zone)
        zone = answer_soa_owner(ask);
    if (dname && name_is_within(host, dname))
        r = asprintf(&text, "it lies below %s, which is a DNAME", dname);
    else if (zone && strcmp(zone, conf->parent) != 0 && name_is_within(zone, conf->parent) &&
             name_is_within(host, zone))
        r = asprintf(&text, "it lies in the zone %s", zone);
    free(dname);
    free(zone);
    return r < 0 ? NULL : text;
}

static void examine_family(const struct conf_site *site, const struct ask *ask, int family,
                           const char *hidden, const char *where, struct report *report)
{
    char *wanted = answer_addresses_text(&site->address, family);
    char *found = answer_records_text(ask, LDNS_SECTION_ANSWER, site->nameserver, ask->type);
    const char *type = family == AF_INET ? "A" : "AAAA";
    bool differs = ask->outcome == ASK_ANSWERED && answer_differs(found, wanted, report);
    bool missing = differs && !strcmp(found, "none");

    if (missing && hidden)
        report_add_at(report, SEVERITY_ERROR, "ns-occluded", where,
                      "Put its address records there, or give the name server another name: "
                      "resolvers never see those in the parent zone",
                      "%s has no %s record: %s", site->nameserver, type, hidden);
    else if (missing)
        report_add_at(report, SEVERITY_ERROR, "ns-address-missing", where,
                      "Add the address records that parentgen prints",
                      "%s has no %s record; the site file has %s", site->nameserver, type, wanted);
    else if (differs)
        report_add_at(report, SEVERITY_ERROR, "ns-address-differs", where,
                      "Replace its address records by those that parentgen prints; if the "
                      "provider proxies the name, switch that off",
                      "%s has %s %s; the site file has %s", site->nameserver, type, found, wanted);
    free(wanted);
    free(found);
}

void parent_result_examine_host(const struct conf_site *site, const struct ask *a,
                                const struct ask *aaaa, const char *hidden, const char *where,
                                struct report *report)
{
    if (!hidden && (has_cname(a, site->nameserver) || has_cname(aaaa, site->nameserver))) {
        report_add_at(report, SEVERITY_ERROR, "ns-is-cname", where,
                      "Give it address records of its own (RFC 2181 section 10.3)",
                      "the name server's name %s is a CNAME", site->nameserver);
        return;
    }
    if (!answer_report_failure(a, "A", where, report))
        examine_family(site, a, AF_INET, hidden, where, report);
    if (!answer_report_failure(aaaa, "AAAA", where, report))
        examine_family(site, aaaa, AF_INET6, hidden, where, report);
}

static void examine_hosts(const struct parent_result *result, const struct conf *conf,
                          struct report *report)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        if (parent_result_knows_host(result, i)) {
            char *hidden = parent_result_hides_host(result, conf, i);

            parent_result_examine_host(&conf->sites[i], &result->hosts[2 * i],
                                       &result->hosts[2 * i + 1], hidden, result->where, report);
            free(hidden);
        }
}

void parent_result_examine(struct parent_result *result, const struct expectation *expected,
                           struct report *report)
{
    const struct conf *conf = expected->conf;

    result->was_asked = ask_was_sent(&result->asks[PARENT_SOA]);
    answer_report_own_fault(result->asks, PARENT_PROBES, result->where, report);
    if (!examine_server(result, conf, report))
        return;
    result->delegates = referral_result_examine(result, conf, report);
    if (!result->delegates)
        return;
    ds_result_examine(result, expected, report);
    examine_hosts(result, conf, report);
}
