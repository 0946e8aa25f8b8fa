/* SPDX-License-Identifier: ISC */
#include "survey.h"

#include <errno.h>
#include <stdlib.h>

#include "answer.h"
#include "parent_find.h"
#include "web_result.h"

/* What is needed while the survey runs. */
struct run {
    struct survey *survey;
    const struct conf *conf;
    struct parent_find *find;
    struct lookup *hosts; /* A and AAAA of each site's name server */
    struct resolvers resolvers;
    struct ask **asks; /* of the current round */
    size_t n_asks;
};

static size_t most_asks(const struct conf *conf)
{
    size_t sites = conf->n_sites * (CONF_SITE_ADDRESSES_MAX * SITE_PROBES + 2 * RESOLVERS_MAX);
    size_t parents = PARENT_SERVERS_MAX * PARENT_RESULT_ASKS(conf);

    return sites + parents + PARENT_FIND_ASKS;
}

static void ask_round(struct run *run)
{
    const struct survey_request *request = &run->survey->request;

    ask_all(run->asks, run->n_asks, request->timeout_ms, request->on_progress, NULL);
    run->n_asks = 0;
}

/* Right after the sites: what their web servers say is judged by the state that they were in. */
static int ask_web(struct run *run)
{
    const struct survey_request *request = &run->survey->request;
    size_t most = run->conf->n_sites * CONF_SITE_ADDRESSES_MAX * WEB_URLS_MAX, n = 0;
    struct web_ask **asks = request->urls.n ? calloc(most, sizeof(struct web_ask *)) : NULL;

    if (!request->urls.n)
        return 0;
    if (!asks)
        return -ENOMEM;
    for (size_t i = 0; i < run->conf->n_sites; i++)
        web_result_prepare(&run->survey->sites[i], &request->urls, asks, &n);
    web_ask_all(asks, n, request->web_timeout_ms);
    free(asks);
    return 0;
}

static bool is_looked_up(const struct conf *conf, size_t site)
{
    return !name_is_within(conf->sites[site].nameserver, conf->name);
}

static void ask_sites(struct run *run)
{
    const struct survey_request *request = &run->survey->request;

    for (size_t i = 0; i < run->conf->n_sites; i++)
        site_result_prepare(&run->survey->sites[i], &run->conf->sites[i], run->conf->name,
                            request->port, run->asks, &run->n_asks);
    if (request->scope == SURVEY_SITES) {
        ask_round(run);
        return;
    }
    for (size_t i = 0; i < 2 * run->conf->n_sites; i++)
        if (is_looked_up(run->conf, i / 2))
            lookup_prepare(&run->hosts[i], &run->resolvers, run->conf->sites[i / 2].nameserver,
                           i % 2 ? LDNS_RR_TYPE_AAAA : LDNS_RR_TYPE_A, run->asks, &run->n_asks);
    if (!request->parent.address.family)
        parent_find_servers(run->find, &run->resolvers, run->conf->parent, run->asks, &run->n_asks);
    ask_round(run);
}

static int ask_parents(struct run *run)
{
    struct survey *survey = run->survey;

    if (survey->request.parent.address.family) {
        parent_find_given(&survey->request.parent, survey->parents, &survey->n_parents);
    } else {
        parent_find_addresses(run->find, &run->resolvers, run->asks, &run->n_asks);
        ask_round(run);
        parent_find_results(run->find, survey->parents, &survey->n_parents, &survey->report);
    }
    for (size_t i = 0; i < survey->n_parents; i++)
        if (parent_result_prepare(&survey->parents[i], run->conf, run->asks, &run->n_asks) < 0)
            return -ENOMEM;
    ask_round(run);
    return 0;
}

/* Whether the parent's servers know the address themselves, and if they do not, whether they were
 * asked at all. */
static bool is_known_to_parent(const struct run *run, size_t site)
{
    const struct survey *survey = run->survey;

    if (!name_is_within(run->conf->sites[site].nameserver, run->conf->parent))
        return false;
    for (size_t i = 0; i < survey->n_parents; i++)
        if (parent_result_knows_host(&survey->parents[i], site))
            return true;
    return false;
}

/* Whether this host failed to ask them; then the report says so. */
static bool failed_to_ask_parent(struct run *run, size_t site)
{
    struct survey *survey = run->survey;

    for (size_t i = 0; i < survey->n_parents; i++)
        if (answer_report_own_fault(&survey->parents[i].hosts[2 * site], 2,
                                    survey->parents[i].where, &survey->report))
            return true;
    return false;
}

/* What keeps the parent zone from holding the address, as the first server says that knows. */
static char *hides_host(const struct run *run, size_t site)
{
    char *hidden = NULL;

    for (size_t i = 0; !hidden && i < run->survey->n_parents; i++)
        hidden = parent_result_hides_host(&run->survey->parents[i], run->conf, site);
    return hidden;
}

static void examine_host(struct run *run, size_t site)
{
    const struct conf_site *of = &run->conf->sites[site];
    const struct lookup *lookups = &run->hosts[2 * site];
    const struct ask *a = lookup_answer(&lookups[0]), *aaaa = lookup_answer(&lookups[1]);
    struct report *report = &run->survey->report;
    char *hidden;

    if (!is_looked_up(run->conf, site) || is_known_to_parent(run, site))
        return;
    if (a && aaaa) {
        hidden = hides_host(run, site);
        parent_result_examine_host(of, a, aaaa, hidden, "resolver", report);
        free(hidden);
    } else if (!failed_to_ask_parent(run, site) &&
               !answer_report_own_fault(lookups[0].asks, lookups[0].n, "resolver", report) &&
               !answer_report_own_fault(lookups[1].asks, lookups[1].n, "resolver", report)) {
        report_add(report, SEVERITY_ERROR, "ns-not-looked-up", 0,
                   "Check /etc/resolv.conf here, and the zone that the name belongs to",
                   "the address of %s could not be looked up: no resolver answers for it",
                   of->nameserver);
    }
}

/* What this host could not see must not pass for right. */
static void examine_routes(struct survey *survey)
{
    size_t unreached = 0;

    for (size_t i = 0; i < survey->n_parents; i++)
        if (survey->parents[i].asks[PARENT_SOA].outcome == ASK_NO_ROUTE) {
            unreached++;
            report_add_at(&survey->report, SEVERITY_NOTE, "no-route", survey->parents[i].where,
                          "Check from a host that has IPv4 and IPv6 as well",
                          "not asked, since this host has no route there");
        }
    if (survey->n_parents && unreached == survey->n_parents)
        report_add(&survey->report, SEVERITY_ERROR, "not-checked", 0,
                   "Run the check from a host that reaches it",
                   "the parent zone could not be asked: this host has no route to it");
}

static void examine(struct run *run)
{
    struct survey *survey = run->survey;

    survey->request.expected.until_ms = ask_clock_ms() + survey->request.timeout_ms;
    for (size_t i = 0; i < survey->n_parents; i++)
        parent_result_examine(&survey->parents[i], &survey->request.expected, &survey->report);
    examine_routes(survey);
    for (size_t i = 0; survey->request.scope == SURVEY_ALL && i < run->conf->n_sites; i++)
        examine_host(run, i);
    for (size_t i = 0; i < run->conf->n_sites; i++)
        site_result_examine(&survey->sites[i], &survey->request.expected, &survey->report);
    for (size_t i = 0; i < run->conf->n_sites; i++)
        web_result_examine(&survey->sites[i], &survey->request.urls, &survey->report);
    site_results_summarize(survey->sites, run->conf->n_sites, run->conf, &survey->report);
}

static int prepare(struct run *run)
{
    run->resolvers = lookup_resolvers();
    run->find = parent_find_new();
    run->hosts = calloc(2 * run->conf->n_sites, sizeof *run->hosts);
    run->asks = calloc(most_asks(run->conf), sizeof *run->asks);
    run->survey->sites = calloc(run->conf->n_sites, sizeof *run->survey->sites);
    run->survey->parents = calloc(PARENT_SERVERS_MAX, sizeof *run->survey->parents);
    if (!run->find || !run->hosts || !run->asks || !run->survey->sites || !run->survey->parents)
        return -ENOMEM;
    return 0;
}

static void finish(struct run *run)
{
    for (size_t i = 0; run->hosts && i < 2 * run->conf->n_sites; i++)
        lookup_done(&run->hosts[i]);
    free(run->hosts);
    free(run->asks);
    parent_find_free(run->find);
}

int survey_run(const struct survey_request *request, struct survey **ret)
{
    struct survey *survey = calloc(1, sizeof *survey);
    struct run run = {.survey = survey, .conf = request->expected.conf};
    int r;

    if (!survey)
        return -ENOMEM;
    survey->request = *request;
    r = prepare(&run);
    if (r == 0) {
        ask_sites(&run);
        r = ask_web(&run);
    }
    if (r == 0 && request->scope == SURVEY_ALL)
        r = ask_parents(&run);
    if (r == 0) {
        examine(&run);
        r = survey->report.error;
    }
    finish(&run);
    if (r < 0)
        survey_free(survey);
    else
        *ret = survey;
    return r;
}

void survey_free(struct survey *survey)
{
    if (!survey)
        return;
    for (size_t i = 0; survey->sites && i < survey->request.expected.conf->n_sites; i++)
        site_result_done(&survey->sites[i]);
    for (size_t i = 0; i < survey->n_parents; i++)
        parent_result_done(&survey->parents[i], survey->request.expected.conf);
    free(survey->sites);
    free(survey->parents);
    report_done(&survey->report);
    free(survey);
}

size_t survey_count_not_well(const struct survey *survey)
{
    size_t n = 0;

    for (size_t i = 0; i < survey->request.expected.conf->n_sites; i++)
        n += survey->sites[i].state == SITE_FAILING || survey->sites[i].state == SITE_LAST_RESORT;
    return n;
}

static bool serves_keys(const struct site_result *result)
{
    bool seen = false;

    for (size_t i = 0; i < result->n; i++) {
        if (!result->places[i].serves_keys && result->places[i].state != SITE_UNKNOWN)
            return false;
        seen |= result->places[i].serves_keys;
    }
    return seen;
}

bool survey_keys_are_served(const struct survey *survey, const struct site_result **ret_site)
{
    for (size_t i = 0; i < survey->request.expected.conf->n_sites; i++)
        if (!serves_keys(&survey->sites[i])) {
            *ret_site = &survey->sites[i];
            return false;
        }
    return true;
}
