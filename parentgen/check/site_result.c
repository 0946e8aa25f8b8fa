/* SPDX-License-Identifier: ISC */
#include "site_result.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "health/not_ready.h"
#include "signatures.h"
#include "site_answers.h"

static const char look_there[] = "Look there: journalctl -u sitens";

const char *site_state_name(enum site_state state)
{
    static const char *const names[] = {"unknown",     "failing", "lame",
                                        "last-resort", "standby", "serving"};

    return names[state];
}

char *site_place_where(const struct site_result *result, const struct site_place *place, char *out)
{
    char address[ADDRESS_TEXT_MAX];

    snprintf(out, SITE_WHERE_MAX, "%s at %s", result->site->id,
             address_text(place->address, address));
    return out;
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

/* What a place shows that does not answer for the name. */
static enum site_state state_without_answers(const struct site_place *place)
{
    const struct ask *ask = witness(place);

    if (place->udp || place->tcp)
        return answer_has_rcode(ask, LDNS_RCODE_SERVFAIL) && not_ready(ask->reply) ? SITE_FAILING
                                                                                   : SITE_LAME;
    return ask_was_sent(&place->asks[SITE_SOA]) && ask_was_sent(&place->asks[SITE_TCP])
               ? SITE_FAILING
               : SITE_UNKNOWN;
}

static void add_answer(struct site_answers *answers, const struct ask *ask, int family)
{
    ldns_rr_list *records =
        answer_records(ask, LDNS_SECTION_ANSWER, answers->conf->name, ask->type);

    if (ask->outcome == ASK_ANSWERED)
        site_answers_add(answers, family, records);
    ldns_rr_list_free(records);
}

/* Whose addresses the place gives. */
static struct site_answers answers_of(const struct site_place *place, const struct conf *conf,
                                      const struct conf_site *site)
{
    struct site_answers answers = {.conf = conf,
                                   .self = (size_t)(site - conf->sites),
                                   .marked = not_ready(witness(place)->reply)};

    add_answer(&answers, &place->asks[SITE_A], AF_INET);
    add_answer(&answers, &place->asks[SITE_AAAA], AF_INET6);
    return answers;
}

/* One answer tells whether it serves; which transports work needs all of them. */
static void look_at(struct site_place *place, const struct conf *conf, const struct conf_site *site)
{
    const struct ask *ask = witness(place);
    struct site_answers answers;

    for (enum site_probe probe = 0; probe < SITE_TCP; probe++)
        place->udp |= place->asks[probe].outcome == ASK_ANSWERED && !place->asks[probe].truncated;
    place->tcp = place->asks[SITE_TCP].outcome == ASK_ANSWERED;
    place->answers = answer_is_authoritative(ask) && has_soa(ask);
    if (!place->answers) {
        place->state = state_without_answers(place);
        return;
    }
    answers = answers_of(place, conf, site);
    place->given = answers.given;
    place->state = site_answers_state(&answers);
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

/* Filters drop by type or by length what resolvers need as well. That UDP or TCP is closed as a
 * whole is told already. */
static void examine_dropped(const struct site_place *place, bool has_keys, const char *where,
                            struct report *report)
{
    static const char *const types[] = {[SITE_SOA] = "SOA",
                                        [SITE_A] = "A",
                                        [SITE_AAAA] = "AAAA",
                                        [SITE_NS] = "NS",
                                        [SITE_DNSKEY] = "DNSKEY"};
    char buffer[64];

    for (enum site_probe probe = 0; place->udp && probe < SITE_TCP; probe++) {
        const struct ask *ask = &place->asks[probe];

        if (ask->outcome == ASK_ANSWERED || !ask_was_sent(ask) || (ask->truncated && !place->tcp) ||
            (probe == SITE_DNSKEY && !has_keys))
            continue;
        report_add_at(report, SEVERITY_ERROR, "answer-missing", where,
                      "Let no firewall drop some types, or long answers",
                      "the site answers, but asked for %s it %s", types[probe],
                      answer_outcome(ask, buffer, sizeof buffer));
    }
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

static void examine_family(const struct site_place *place, enum site_probe probe,
                           const struct site_answers *answers, const char *where,
                           struct report *report)
{
    const struct ask *ask = &place->asks[probe];
    int family = probe == SITE_A ? AF_INET : AF_INET6;
    const struct conf *conf = answers->conf;
    char *own = answer_sites_text(conf, UINT64_C(1) << answers->self, family);
    char *allowed = answer_sites_text(conf, site_answers_allowed(answers), family);
    char *found = answer_records_text(ask, LDNS_SECTION_ANSWER, conf->name, ask->type);

    if (ask->outcome == ASK_ANSWERED && answer_differs(found, own, report) && allowed)
        report_add_at(report, SEVERITY_ERROR, "wrong-address", where,
                      "Make sure that sitens runs there with this site file and as this site",
                      "the site answers %s: %s; the site file has %s",
                      probe == SITE_A ? "A" : "AAAA", found, allowed);
    free(own);
    free(allowed);
    free(found);
}

/* Its own addresses, or others' where the policy says so. */
static void examine_addresses(const struct site_place *place, const struct conf *conf,
                              const struct conf_site *site, const char *where,
                              struct report *report)
{
    struct site_answers answers = answers_of(place, conf, site);

    if (site_answers_are_right(&answers))
        return;
    examine_family(place, SITE_A, &answers, where, report);
    examine_family(place, SITE_AAAA, &answers, where, report);
}

static void examine_name_servers(const struct site_place *place, const struct conf *conf,
                                 const char *where, struct report *report)
{
    const struct ask *ask = &place->asks[SITE_NS];
    char *expected = answer_nameservers_text(conf);
    char *found = answer_records_text(ask, LDNS_SECTION_ANSWER, conf->name, LDNS_RR_TYPE_NS);

    if (ask->outcome == ASK_ANSWERED && answer_differs(found, expected, report))
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
    char where[SITE_WHERE_MAX], buffer[64];

    site_place_where(result, place, where);
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
    if (!place->answers)
        return;
    examine_dropped(place, ldns_rr_list_rr_count(expected->keys) > 0, where, report);
    place->serial = serial_of(place, expected->conf->name);
    examine_serial(place, expected, where, report);
    examine_addresses(place, expected->conf, result->site, where, report);
    examine_name_servers(place, expected->conf, where, report);
    examine_edns(place, result->site, where, report);
    place->serves_keys = signatures_examine(place, expected, where, report);
}

/* A site that serves on one address should on all. */
static void examine_other_places(const struct site_result *result, struct report *report)
{
    char address[ADDRESS_TEXT_MAX], where[SITE_WHERE_MAX];

    for (size_t i = 0; i < result->n; i++) {
        const struct site_place *place = &result->places[i];

        address_text(place->address, address);
        site_place_where(result, place, where);
        if (place->state == SITE_FAILING && !place->udp && !place->tcp)
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
        look_at(&result->places[i], expected->conf, result->site);
        examine_place(&result->places[i], result, expected, report);
        if (result->places[i].state > result->state)
            result->state = result->places[i].state;
    }
    if (site_result_answers(result))
        examine_other_places(result, report);
}

bool site_result_answers(const struct site_result *result)
{
    for (size_t i = 0; i < result->n; i++)
        if (result->places[i].answers)
            return true;
    return false;
}

/* How a site fails, as far as it can be told from here. */
static const char *describe_failure(const struct site_result *result)
{
    const char *text = "nothing comes back at all; the host is down, or a firewall drops port 53";

    if (site_result_answers(result))
        return "it answers with the addresses of others; its check fails";
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

    if (result->state == SITE_FAILING)
        report_add(report, SEVERITY_NOTE, "failing", 0, look_there, "%s is failing: %s", id,
                   describe_failure(result));
    else if (result->state == SITE_LAST_RESORT)
        report_add(report, SEVERITY_NOTE, "last-resort", 0, look_there,
                   "%s answers as the last resort: its check fails", id);
    else if (result->state == SITE_UNKNOWN && has_no_route(result))
        report_add(report, SEVERITY_ERROR, "not-checked", 0,
                   "Run the check from a host that reaches the site's addresses",
                   "%s could not be asked: this host has no route to it", id);
}

void site_results_summarize(const struct site_result *results, size_t n, const struct conf *conf,
                            struct report *report)
{
    size_t silent = 0;

    for (size_t i = 0; i < n; i++) {
        report_state(&results[i], report);
        silent += !site_result_answers(&results[i]) && results[i].state != SITE_UNKNOWN;
    }
    if (silent == n)
        report_add(report, SEVERITY_ERROR, "no-site-serves", 0,
                   "Bring one web server back; sitens then answers by itself",
                   "no site answers: %s does not resolve", conf->name);
}
