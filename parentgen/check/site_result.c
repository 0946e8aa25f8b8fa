/* SPDX-License-Identifier: ISC */
#include "site_result.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "health/not_ready.h"
#include "signatures.h"

enum { WHERE_MAX = CONF_SITE_ID_MAX + ADDRESS_TEXT_MAX + 8 };

static const char look_there[] = "Look there: journalctl -u sitens";

const char *site_state_name(enum site_state state)
{
    static const char *const names[] = {"unknown", "withdrawn",   "lame",
                                        "standby", "last-resort", "serving"};

    return names[state];
}

void site_result_prepare(struct site_result *result, const struct conf_site *site, const char *name,
                         uint16_t port, struct ask **asks, size_t *n)
{
    static const ldns_rr_type types[] = {
        [SITE_SOA] = LDNS_RR_TYPE_SOA,       [SITE_A] = LDNS_RR_TYPE_A,
        [SITE_AAAA] = LDNS_RR_TYPE_AAAA,     [SITE_NS] = LDNS_RR_TYPE_NS,
        [SITE_DNSKEY] = LDNS_RR_TYPE_DNSKEY, [SITE_TCP] = LDNS_RR_TYPE_SOA};

    result->site = site;
    result->n = site->address.n;
    for (size_t i = 0; i < result->n; i++) {
        struct site_place *place = &result->places[i];

        place->address = &site->address.at[i];
        for (enum site_probe probe = 0; probe < SITE_PROBES; probe++) {
            place->asks[probe] = (struct ask){.to = {*place->address, port},
                                              .tcp = probe == SITE_TCP,
                                              .name = name,
                                              .type = types[probe]};
            asks[(*n)++] = &place->asks[probe];
        }
    }
}

void site_result_done(struct site_result *result)
{
    for (size_t i = 0; i < result->n * SITE_PROBES; i++)
        ask_done(&result->places[i / SITE_PROBES].asks[i % SITE_PROBES]);
}

/* The answer that tells the most about the place: over UDP, else over TCP. */
static const struct ask *witness(const struct site_place *place)
{
    return place->asks[SITE_SOA].outcome == ASK_ANSWERED ? &place->asks[SITE_SOA]
                                                         : &place->asks[SITE_TCP];
}

static bool has_soa(const struct ask *ask)
{
    return answer_count(ask, LDNS_SECTION_ANSWER, ask->name, LDNS_RR_TYPE_SOA) > 0;
}

static enum site_state place_state(const struct site_place *place)
{
    const struct ask *ask = witness(place);

    if (!place->udp && !place->tcp)
        return ask_was_sent(&place->asks[SITE_SOA]) && ask_was_sent(&place->asks[SITE_TCP])
                   ? SITE_WITHDRAWN
                   : SITE_UNKNOWN;
    if (answer_is_authoritative(ask) && has_soa(ask))
        return not_ready(ask->reply) ? SITE_LAST_RESORT : SITE_SERVING;
    return answer_has_rcode(ask, LDNS_RCODE_SERVFAIL) && not_ready(ask->reply) ? SITE_WITHDRAWN
                                                                               : SITE_LAME;
}

/* Tells serving from lame needs one answer; which transports work needs all of them. */
static void look_at(struct site_place *place)
{
    for (enum site_probe probe = 0; probe < SITE_TCP; probe++)
        place->udp |= place->asks[probe].outcome == ASK_ANSWERED && !place->asks[probe].truncated;
    place->tcp = place->asks[SITE_TCP].outcome == ASK_ANSWERED;
    place->state = place_state(place);
}

static void examine_transport(const struct site_place *place, const char *where,
                              struct report *report)
{
    char buffer[64];

    if (!place->tcp && ask_was_sent(&place->asks[SITE_TCP]))
        report_add_at(report, SEVERITY_ERROR, "no-tcp", where,
                      "Open TCP port 53 in the firewalls: long answers come over TCP",
                      "over TCP the site %s",
                      answer_outcome(&place->asks[SITE_TCP], buffer, sizeof buffer));
    if (!place->udp && ask_was_sent(&place->asks[SITE_SOA]))
        report_add_at(report, SEVERITY_ERROR, "no-udp", where, "Open UDP port 53 in the firewalls",
                      "over UDP the site %s",
                      answer_outcome(&place->asks[SITE_SOA], buffer, sizeof buffer));
}

static uint32_t serial_of(const struct site_place *place, const char *name)
{
    ldns_rr_list *records =
        answer_records(witness(place), LDNS_SECTION_ANSWER, name, LDNS_RR_TYPE_SOA);
    const ldns_rr *soa = ldns_rr_list_rr(records, 0);
    uint32_t serial = soa ? ldns_rdf2native_int32(ldns_rr_rdf(soa, 2)) : 0;

    ldns_rr_list_free(records);
    return serial;
}

static void examine_serial(const struct site_place *place, const struct expectation *expected,
                           const char *where, struct report *report)
{
    if (place->serial != expected->serial)
        report_add_at(report, SEVERITY_ERROR, "drift", where,
                      "Copy one site file, and the file of extra records, to every site and here, "
                      "and reload sitens",
                      "the site runs another site file than this one (serial %u, here %u)",
                      place->serial, expected->serial);
}

static void examine_address(const struct site_place *place, enum site_probe probe,
                            const struct site_result *result, const char *name, const char *where,
                            struct report *report)
{
    const struct ask *ask = &place->asks[probe];
    char *expected =
        answer_addresses_text(&result->site->address, probe == SITE_A ? AF_INET : AF_INET6);
    char *found = answer_records_text(ask, LDNS_SECTION_ANSWER, name, ask->type);

    if (ask->outcome == ASK_ANSWERED && strcmp(expected, found) != 0)
        report_add_at(report, SEVERITY_ERROR, "wrong-address", where,
                      "Make sure that sitens runs there with this site file and as this site",
                      "the site answers %s: %s; the site file has %s",
                      probe == SITE_A ? "A" : "AAAA", found, expected);
    free(expected);
    free(found);
}

static void examine_name_servers(const struct site_place *place, const struct conf *conf,
                                 const char *where, struct report *report)
{
    const struct ask *ask = &place->asks[SITE_NS];
    char *expected = answer_nameservers_text(conf);
    char *found = answer_records_text(ask, LDNS_SECTION_ANSWER, conf->name, LDNS_RR_TYPE_NS);

    if (ask->outcome == ASK_ANSWERED && strcmp(expected, found) != 0)
        report_add_at(report, SEVERITY_ERROR, "ns-at-site", where,
                      "Copy the site file to that site and reload sitens",
                      "the site lists the name servers %s; the site file has %s", found, expected);
    free(expected);
    free(found);
}

static void examine_edns(const struct site_place *place, const struct conf_site *site,
                         const char *where, struct report *report)
{
    const struct ask *ask = witness(place);
    size_t size = 0;
    const uint8_t *nsid = answer_option(ask, LDNS_EDNS_NSID, &size);

    if (!ldns_pkt_edns(ask->reply))
        report_add_at(report, SEVERITY_ERROR, "no-edns", where,
                      "Let no firewall or proxy rewrite DNS; make sure that sitens answers there",
                      "the site's answers lack EDNS");
    else if (!nsid)
        report_add_at(report, SEVERITY_WARNING, "not-sitens", where,
                      "Make sure that nothing else answers on port 53 of that address",
                      "the server does not tell which site it is (NSID)");
    else if (size != strlen(site->id) || memcmp(nsid, site->id, size) != 0)
        report_add_at(report, SEVERITY_ERROR, "wrong-site", where,
                      "Check the address in the site file, and sitens's option --site there",
                      "the server says that it is the site `%.*s`", (int)size, (const char *)nsid);
}

static void examine_place(struct site_place *place, const struct site_result *result,
                          const struct expectation *expected, struct report *report)
{
    char where[WHERE_MAX], address[ADDRESS_TEXT_MAX], buffer[64];

    snprintf(where, sizeof where, "%s at %s", result->site->id,
             address_text(place->address, address));
    answer_report_own_fault(place->asks, SITE_PROBES, where, report);
    if (place->state == SITE_LAME)
        report_add_at(report, SEVERITY_ERROR, "lame", where,
                      "Make sure that sitens runs there, and has this site file",
                      "the server does not serve the name: it %s",
                      answer_is_authoritative(witness(place)) ? "answers without the zone's SOA"
                      : answer_has_rcode(witness(place), LDNS_RCODE_NOERROR)
                          ? "answers without authority"
                          : answer_outcome(witness(place), buffer, sizeof buffer));
    if (place->udp || place->tcp)
        examine_transport(place, where, report);
    if (place->state < SITE_LAST_RESORT)
        return;
    place->serial = serial_of(place, expected->conf->name);
    examine_serial(place, expected, where, report);
    examine_address(place, SITE_A, result, expected->conf->name, where, report);
    examine_address(place, SITE_AAAA, result, expected->conf->name, where, report);
    examine_name_servers(place, expected->conf, where, report);
    examine_edns(place, result->site, where, report);
    place->serves_keys = signatures_examine(place, expected, where, report);
}

/* A site that serves on one address should on all. */
static void examine_other_places(const struct site_result *result, struct report *report)
{
    char address[ADDRESS_TEXT_MAX], where[WHERE_MAX];

    for (size_t i = 0; i < result->n; i++) {
        const struct site_place *place = &result->places[i];

        address_text(place->address, address);
        snprintf(where, sizeof where, "%s at %s", result->site->id, address);
        if (place->state == SITE_WITHDRAWN && !place->udp && !place->tcp)
            report_add_at(report, SEVERITY_ERROR, "address-silent", result->site->id,
                          "Let sitens listen there, open the firewalls, or take the address out of "
                          "the site file",
                          "%s does not answer, although the site answers elsewhere", address);
        else if (place->asks[SITE_SOA].outcome == ASK_NO_ROUTE)
            report_add_at(report, SEVERITY_NOTE, "no-route", where,
                          "Check from a host that has IPv4 and IPv6 as well",
                          "not asked, since this host has no route there");
    }
}

void site_result_examine(struct site_result *result, const struct expectation *expected,
                         struct report *report)
{
    result->state = SITE_UNKNOWN;
    for (size_t i = 0; i < result->n; i++) {
        look_at(&result->places[i]);
        examine_place(&result->places[i], result, expected, report);
        if (result->places[i].state > result->state)
            result->state = result->places[i].state;
    }
    if (result->state >= SITE_LAST_RESORT)
        examine_other_places(result, report);
}

/* What the silence of a site sounds like. */
static const char *describe_silence(const struct site_result *result)
{
    const char *text = "nothing comes back at all; the host is down, or a firewall drops port 53";

    for (size_t i = 0; i < result->n; i++) {
        enum ask_outcome tcp = result->places[i].asks[SITE_TCP].outcome;

        if (tcp == ASK_ANSWERED)
            return "it answers that it is not ready; its check fails";
        if (tcp == ASK_CLOSED)
            return "sitens is there and keeps silent; its check fails, or it starts or stops";
        if (tcp == ASK_REFUSED)
            text = "the host is up, but nothing listens on its port 53";
    }
    return text;
}

static bool has_no_route(const struct site_result *result)
{
    for (size_t i = 0; i < result->n; i++)
        if (result->places[i].asks[SITE_SOA].outcome == ASK_NO_ROUTE)
            return true;
    return false;
}

static void report_state(const struct site_result *result, struct report *report)
{
    const char *id = result->site->id;

    if (result->state == SITE_WITHDRAWN)
        report_add(report, SEVERITY_NOTE, "withdrawn", 0, look_there, "%s is withdrawn: %s", id,
                   describe_silence(result));
    else if (result->state == SITE_LAST_RESORT)
        report_add(report, SEVERITY_NOTE, "last-resort", 0, look_there,
                   "%s answers as the last resort: its check fails", id);
    else if (result->state == SITE_UNKNOWN && has_no_route(result))
        report_add(report, SEVERITY_ERROR, "not-checked", 0,
                   "Run the check from a host that reaches the site's addresses",
                   "%s could not be asked: this host has no route to it", id);
}

static bool answers_anywhere(const struct site_result *result)
{
    for (size_t i = 0; i < result->n; i++)
        if (result->places[i].udp || result->places[i].tcp)
            return true;
    return false;
}

void site_results_compare(struct site_result *results, size_t n, const struct conf *conf,
                          struct report *report)
{
    uint32_t best = UINT32_MAX;
    size_t answering = 0, unknown = 0;

    for (size_t i = 0; i < n; i++) {
        unknown += results[i].state == SITE_UNKNOWN;
        if (results[i].state >= SITE_LAST_RESORT) {
            answering++;
            if (results[i].site->preference < best)
                best = results[i].site->preference;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (results[i].state == SITE_WITHDRAWN && results[i].site->preference > best &&
            answers_anywhere(&results[i]))
            results[i].state = SITE_STANDBY;
        report_state(&results[i], report);
    }
    if (!answering && !unknown)
        report_add(report, SEVERITY_ERROR, "no-site-serves", 0,
                   "Bring one web server back; sitens then answers by itself",
                   "no site answers: %s does not resolve", conf->name);
}
