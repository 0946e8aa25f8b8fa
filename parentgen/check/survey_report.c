/* SPDX-License-Identifier: ISC */
#include "survey_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "failover.h"
#include "web_result.h"

static const char *state_colour(enum site_state state)
{
    return state == SITE_SERVING                         ? "\033[32m"
           : state == SITE_LAME || state == SITE_UNKNOWN ? "\033[31m"
                                                         : "\033[33m";
}

/* Over which transports every address of the family answers. */
static const char *transports(const struct site_result *result, int family)
{
    bool any = false, asked = true, udp = true, tcp = true;

    for (size_t i = 0; i < result->n; i++)
        if (result->places[i].address->family == family) {
            any = true;
            asked = asked && result->places[i].state != SITE_UNKNOWN;
            udp = udp && result->places[i].udp;
            tcp = tcp && result->places[i].tcp;
        }
    return !any ? "none" : !asked ? "?" : udp && tcp ? "udp tcp" : udp ? "udp" : tcp ? "tcp" : "-";
}

/* Whether the site runs this site file: what its SOA tells. */
static const char *site_file(const struct survey *survey, const struct site_result *result)
{
    if (!site_result_answers(result))
        return "?";
    for (size_t i = 0; i < result->n; i++)
        if (result->places[i].answers &&
            result->places[i].serial != survey->request.expected.serial)
            return "other";
    return "same";
}

/* The quickest answer, in milliseconds; -1 if there was none. */
static int quickest(const struct site_result *result)
{
    int best = -1;

    for (size_t i = 0; i < result->n; i++) {
        const struct ask *ask = &result->places[i].asks[SITE_SOA];

        if (ask->outcome == ASK_ANSWERED && (best < 0 || (int)ask->took_ms < best))
            best = (int)ask->took_ms;
    }
    return best;
}

static void print_web(const struct survey *survey, const struct site_result *result, FILE *out)
{
    char word[WEB_WORD_MAX];

    for (size_t k = 0; k < survey->request.urls.n; k++)
        fprintf(out, "  %-11s", web_word(web_result_worst(result, k), word));
}

static void print_row(const struct survey *survey, const struct site_result *result, bool colour,
                      int width, FILE *out)
{
    int took = quickest(result);

    fprintf(out, "%-*s  %s%-11s%s  %-7s  %-7s  %-9s", width, result->site->id,
            colour ? state_colour(result->state) : "", site_state_name(result->state),
            colour ? "\033[0m" : "", transports(result, AF_INET), transports(result, AF_INET6),
            site_file(survey, result));
    print_web(survey, result, out);
    if (took < 0)
        fputs("  -\n", out);
    else
        fprintf(out, "  %d ms\n", took);
}

static void print_table(const struct survey *survey, bool colour, FILE *out)
{
    const struct conf *conf = survey->request.expected.conf;
    int width = (int)strlen("SITE");

    for (size_t i = 0; i < conf->n_sites; i++)
        if ((int)strlen(conf->sites[i].id) > width)
            width = (int)strlen(conf->sites[i].id);
    fprintf(out, "%-*s  %-11s  %-7s  %-7s  %-9s", width, "SITE", "STATE", "IPV4", "IPV6",
            "SITE FILE");
    for (size_t k = 1; k <= survey->request.urls.n; k++)
        fprintf(out, "  %s%-*zu", "WEB ", 7, k);
    fputs("  TIME\n", out);
    for (size_t i = 0; i < conf->n_sites; i++)
        print_row(survey, &survey->sites[i], colour, width, out);
}

static void print_urls(const struct web_urls *urls, FILE *out)
{
    for (size_t k = 0; k < urls->n; k++)
        fprintf(out, "%sWEB %zu is %s\n", k ? "" : "\n", k + 1, urls->at[k]);
}

static void print_parents(const struct survey *survey, FILE *out)
{
    size_t asked = 0, delegating = 0;

    for (size_t i = 0; i < survey->n_parents; i++) {
        asked += survey->parents[i].was_asked;
        delegating += survey->parents[i].delegates;
    }
    fprintf(out, "\n%zu of %zu addresses of the parent's name servers delegate %s.\n", delegating,
            asked, survey->request.expected.conf->name);
}

static void print_finding(const struct finding *finding, bool colour, FILE *out)
{
    static const char *const colours[] = {"\033[31m", "\033[33m", "\033[36m"};

    fprintf(out, "\n%s%s%s: %s", colour ? colours[finding->severity] : "",
            severity_name(finding->severity), colour ? "\033[0m" : "", finding->text);
    if (finding->where)
        fprintf(out, " (%s)", finding->where);
    fprintf(out, ". [%s]\n    %s.\n", finding->tag, finding->fix);
}

void survey_report_print_state(const struct survey *survey, bool colour, FILE *out)
{
    print_table(survey, colour, out);
    print_urls(&survey->request.urls, out);
    print_parents(survey, out);
}

void survey_report_print_findings(const struct survey *survey, bool colour, FILE *out)
{
    const struct report *report = &survey->report;

    for (enum severity severity = SEVERITY_ERROR; severity <= SEVERITY_NOTE; severity++)
        for (size_t i = 0; i < report->n; i++)
            if (report->at[i].severity == severity)
                print_finding(&report->at[i], colour, out);
    if (!report->n)
        fputs("\nAll is right.\n", out);
}

void survey_report_print(const struct survey *survey, bool colour, FILE *out)
{
    survey_report_print_state(survey, colour, out);
    failover_print(survey->request.expected.conf, out);
    survey_report_print_findings(survey, colour, out);
}

/* The ids of the sites whose addresses are given. */
static json_t *given_json(const struct conf *conf, struct answer_set given)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < conf->n_sites; i++)
        if (answer_set_has_site(given, i))
            json_array_append_new(ids, json_string(conf->sites[i].id));
    return ids;
}

static json_t *web_json(const struct site_place *place, const struct web_urls *urls)
{
    json_t *list = json_array();

    for (size_t k = 0; k < urls->n; k++) {
        const struct web_ask *ask = &place->web[k];
        json_t *json =
            json_pack("{s:s, s:s}", "url", ask->url, "outcome", web_outcome_name(ask->outcome));

        if (ask->outcome == WEB_ANSWERED) {
            json_object_set_new(json, "status", json_integer(ask->status));
            json_object_set_new(json, "milliseconds", json_integer(ask->took_ms));
        }
        if (*ask->text)
            json_object_set_new(json, ask->outcome == WEB_ANSWERED ? "location" : "reason",
                                json_string(ask->text));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *place_json(const struct survey *survey, const struct site_place *place)
{
    const struct conf *conf = survey->request.expected.conf;
    char text[ADDRESS_TEXT_MAX];
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:b}", "address", address_text(place->address, text), "state",
                  site_state_name(place->state), "udp", place->udp, "tcp", place->tcp);

    if (place->answers) {
        json_object_set_new(json, "serial", json_integer(place->serial));
        json_object_set_new(json, "answers", given_json(conf, place->given));
    }
    if (place->udp)
        json_object_set_new(json, "milliseconds", json_integer(place->asks[SITE_SOA].took_ms));
    if (survey->request.urls.n)
        json_object_set_new(json, "web", web_json(place, &survey->request.urls));
    return json;
}

static json_t *sites_json(const struct survey *survey)
{
    const struct conf *conf = survey->request.expected.conf;
    json_t *sites = json_array();

    for (size_t i = 0; i < conf->n_sites; i++) {
        const struct site_result *result = &survey->sites[i];
        json_t *places = json_array();

        for (size_t k = 0; k < result->n; k++)
            json_array_append_new(places, place_json(survey, &result->places[k]));
        json_array_append_new(sites,
                              json_pack("{s:s, s:s, s:s, s:o}", "id", result->site->id,
                                        "nameserver", result->site->nameserver, "state",
                                        site_state_name(result->state), "addresses", places));
    }
    return sites;
}

static json_t *parents_json(const struct survey *survey)
{
    json_t *parents = json_array();

    for (size_t i = 0; i < survey->n_parents; i++)
        json_array_append_new(parents, json_pack("{s:s, s:b}", "server", survey->parents[i].where,
                                                 "delegates", survey->parents[i].delegates));
    return parents;
}

int survey_report_print_json(const struct survey *survey, size_t flags, FILE *out)
{
    const struct expectation *expected = &survey->request.expected;
    json_t *json = json_pack(
        "{s:I, s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "time", (json_int_t)expected->now, "name",
        expected->conf->name, "parent", expected->conf->parent, "serial",
        (json_int_t)expected->serial, "sites", sites_json(survey), "parents", parents_json(survey),
        "failover", failover_json(expected->conf), "findings", report_json(&survey->report));
    int r = json ? 0 : -ENOMEM;

    if (r == 0 && json_dumpf(json, out, flags) < 0 && !ferror(out))
        r = -ENOMEM;
    fputc('\n', out);
    json_decref(json);
    return r;
}
