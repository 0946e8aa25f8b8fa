/* SPDX-License-Identifier: ISC */
#include "web_result.h"

#include <stdio.h>
#include <string.h>

static const char withdraw_fix[] =
    "Let users through to the web server: firewalls, forwarded ports, the addresses that it "
    "listens "
    "on. Until then take the site out, on that host: sitensctl out NAME";
static const char tls_fix[] =
    "Give every site a certificate for the name in the URL, with its chain, and reload the web "
    "server there";
static const char answer_fix[] = "Look into the log of the web server there";
static const char status_fix[] =
    "Let the web server there answer as the others do, and let sitens check what users ask for";
static const char redirect_fix[] =
    "Nothing, if that is meant; to see that it works, too, ask for it with another --url";

const char *web_outcome_name(enum web_outcome outcome)
{
    static const char *const names[] = {"not-asked", "no-route", "answered",
                                        "no-answer", "tls",      "unreachable"};

    return names[outcome];
}

char *web_word(const struct web_ask *ask, char *out)
{
    if (ask->outcome == WEB_ANSWERED)
        snprintf(out, WEB_WORD_MAX, "%ld", ask->status);
    else
        strcpy(out, ask->outcome < WEB_ANSWERED ? "?" : web_outcome_name(ask->outcome));
    return out;
}

void web_result_prepare(struct site_result *result, const struct web_urls *urls,
                        struct web_ask **asks, size_t *n)
{
    for (size_t i = 0; i < result->n; i++)
        for (size_t k = 0; k < urls->n; k++) {
            struct web_ask *ask = &result->places[i].web[k];

            *ask = (struct web_ask){.url = urls->at[k], .to = *result->places[i].address};
            asks[(*n)++] = ask;
        }
}

static bool is_well(const struct web_ask *ask)
{
    return ask->outcome == WEB_ANSWERED && ask->status >= 200 && ask->status < 400;
}

const struct web_ask *web_result_worst(const struct site_result *result, size_t url)
{
    const struct web_ask *worst = &result->places[0].web[url];

    for (size_t i = 1; i < result->n; i++) {
        const struct web_ask *ask = &result->places[i].web[url];

        if (ask->outcome > worst->outcome ||
            (ask->outcome == worst->outcome && ask->status > worst->status))
            worst = ask;
    }
    return worst;
}

bool web_result_is_well(const struct site_result *result, const struct web_urls *urls)
{
    for (size_t k = 0; k < urls->n; k++) {
        const struct web_ask *worst = web_result_worst(result, k);

        if (worst->outcome >= WEB_ANSWERED && !is_well(worst))
            return false;
    }
    return true;
}

/* Users are sent to every address of a site that serves, and of a standby as soon as it is needed.
 */
static void report_fault(const struct web_ask *ask, bool serves, const char *where,
                         struct report *report)
{
    const char *sent = serves ? "users are sent there" : "users will be sent there when needed";

    if (ask->outcome == WEB_UNREACHABLE)
        report_add_at(report, SEVERITY_ERROR, "web-unreachable", where, withdraw_fix,
                      "%s, but %s cannot be reached: %s", sent, ask->url, ask->text);
    else if (ask->outcome == WEB_TLS)
        report_add_at(report, SEVERITY_ERROR, "web-tls", where, tls_fix,
                      "%s, but TLS fails for %s: %s", sent, ask->url, ask->text);
    else if (ask->outcome == WEB_NO_ANSWER)
        report_add_at(report, SEVERITY_ERROR, "web-no-answer", where, answer_fix,
                      "%s, but %s gets no answer: %s", sent, ask->url, ask->text);
    else if (ask->outcome == WEB_ANSWERED && !is_well(ask))
        report_add_at(report, SEVERITY_ERROR, "web-status", where, status_fix,
                      "%s, but %s gets HTTP status %ld", sent, ask->url, ask->status);
}

static void examine(const struct web_ask *ask, enum site_state state, const char *where,
                    struct report *report)
{
    if (state == SITE_SERVING || state == SITE_STANDBY)
        report_fault(ask, state == SITE_SERVING, where, report);
    if (ask->outcome == WEB_NOT_ASKED)
        report_add_at(report, SEVERITY_ERROR, "not-asked", where,
                      "Fix that here: it says nothing of the server",
                      "this host failed to ask for %s: %s", ask->url, ask->text);
    if (is_well(ask) && *ask->text)
        report_add_at(report, SEVERITY_NOTE, "web-redirect", where, redirect_fix, "%s leads to %s",
                      ask->url, ask->text);
}

/* What the site's own check takes for failing works for users. */
static void report_contradiction(const struct site_result *result, const struct web_urls *urls,
                                 struct report *report)
{
    for (size_t k = 0; k < urls->n; k++)
        if (!is_well(web_result_worst(result, k)))
            return;
    report_add(report, SEVERITY_NOTE, "web-answers", 0,
               "Unless somebody took it out, see what its check asks for, on that host: sitensctl "
               "status",
               "%s is failing, but its web server answers", result->site->id);
}

void web_result_examine(const struct site_result *result, const struct web_urls *urls,
                        struct report *report)
{
    char where[SITE_WHERE_MAX];

    for (size_t i = 0; i < result->n; i++) {
        const struct site_place *place = &result->places[i];

        site_place_where(result, place, where);
        for (size_t k = 0; k < urls->n; k++)
            if (place->asks[SITE_SOA].outcome != ASK_NO_ROUTE)
                examine(&place->web[k], result->state, where, report);
    }
    if (urls->n && result->state == SITE_FAILING)
        report_contradiction(result, urls, report);
}
