/* SPDX-License-Identifier: ISC */
#include "page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "failover.h"
#include "picture.h"
#include "replace.h"

enum { REFRESH_S = 60 }; /* of a page that somebody else has written anew */

/* The policy lets nothing be loaded or run, whatever might come through. Colours have a contrast of
 * 4.5 at least (WCAG 2, AA). */
static const char style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1a1a1a;--quiet:#555;--line:#767676;"
    "--serving:#0b6b32;--standby:#0a5aa8;--away:#8a5300;--wrong:#b3141c;--none:#767676}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#14171a;--text:#ececec;--quiet:#b4b4b4;"
    "--line:#8c8c8c;--serving:#5fd38d;--standby:#7db8ff;--away:#f0b35a;--wrong:#ff8a84;"
    "--none:#8c8c8c}}\n"
    "body{background:var(--back);color:var(--text);font:16px/1.45 system-ui,sans-serif;"
    "margin:0 auto;padding:12px;max-width:44rem;overflow-wrap:anywhere}\n"
    "h1{font-size:1.4rem;margin:.2em 0}h2{font-size:1.15rem;margin:1.4em 0 .4em}"
    "h3{font-size:1rem;margin:0}p,ul{margin:.3em 0}ul{padding-left:1.2em}\n"
    ".quiet{color:var(--quiet);font-size:.9rem}.verdict{font-size:1.1rem;font-weight:600}\n"
    "article{border:1px solid var(--line);border-left-width:6px;border-radius:6px;padding:8px 10px;"
    "margin:.6em 0}\n"
    ".serving{--c:var(--serving)}.standby{--c:var(--standby)}.away{--c:var(--away)}"
    ".wrong{--c:var(--wrong)}.none{--c:var(--none)}\n"
    "article{border-left-color:var(--c)}.state{color:var(--c);font-weight:600}\n"
    "svg{display:block;width:100%;height:auto}.scheme{max-width:30rem;margin:1em 0}"
    ".hour{height:24px;margin-top:.5em}\n"
    ".box{fill:var(--back);stroke:var(--c);stroke-width:1.5}.bar{fill:var(--c)}"
    ".sign{fill:none;stroke:var(--c);stroke-width:3}\n"
    ".arrow{fill:none;stroke:var(--text);stroke-width:1.5}.arrow.off{stroke:var(--line);"
    "stroke-dasharray:4 4}.head{fill:var(--text)}\n"
    "text{fill:var(--text)}.big{font-size:14px;font-weight:600}.small{font-size:12px;"
    "fill:var(--quiet)}\n";

static void print_element(const char *element, const char *text, FILE *out)
{
    fprintf(out, "<%s>", element);
    picture_text(text, out);
    fprintf(out, "</%.*s>\n", (int)strcspn(element, " "), element);
}

/* "2 of 3 sites serve; 1 error, 2 warnings" */
static void print_verdict(const struct survey *survey, FILE *out)
{
    const struct conf *conf = survey->request.expected.conf;
    size_t errors = report_count(&survey->report, SEVERITY_ERROR), serving = 0;
    size_t warnings = report_count(&survey->report, SEVERITY_WARNING);

    for (size_t i = 0; i < conf->n_sites; i++)
        serving += survey->sites[i].state == SITE_SERVING;
    fprintf(out, "%zu of %zu sites serve", serving, conf->n_sites);
    if (errors)
        fprintf(out, ", %zu error%s", errors, errors > 1 ? "s" : "");
    if (warnings)
        fprintf(out, ", %zu warning%s", warnings, warnings > 1 ? "s" : "");
    if (!survey->report.n)
        fputs(", all is right", out);
}

static void print_head(const struct survey *survey, const struct history *history,
                       unsigned interval_s, FILE *out)
{
    const char *name = survey->request.expected.conf->name;
    char when[HISTORY_TIME_MAX];

    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'unsafe-inline'; img-src data:\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta http-equiv=\"refresh\" content=\"%u\">\n"
            "<meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n"
            "<title>%s: ",
            history ? interval_s : REFRESH_S, name);
    print_verdict(survey, out);
    fprintf(out,
            "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>%s</h1>\n<p class=\"verdict\">",
            style, name);
    print_verdict(survey, out);
    fprintf(out, "</p>\n<p class=\"quiet\">Checked at %s",
            history_time(survey->request.expected.now, when));
    if (history)
        fprintf(out, ", every %u s since %s", interval_s, history_time(history->begun, when));
    fputs(".</p>\n", out);
}

/* "for 12 min", as far as it was watched. */
static void print_age(const struct history_site *site, time_t now, FILE *out)
{
    long long seconds = now > site->since ? now - site->since : 0;
    char when[HISTORY_TIME_MAX];

    fprintf(out, " since %s%s, ", site->ever ? "before " : "", history_time(site->since, when));
    if (seconds < 120)
        fprintf(out, "%lld s", seconds);
    else if (seconds < 7200)
        fprintf(out, "%lld min", seconds / 60);
    else if (seconds < 2 * 86400)
        fprintf(out, "%lld h", seconds / 3600);
    else
        fprintf(out, "%lld days", seconds / 86400);
}

static void print_answer(const struct web_ask *ask, FILE *out)
{
    fputs("<li>", out);
    picture_text(ask->url, out);
    if (ask->outcome == WEB_ANSWERED)
        fprintf(out, ": HTTP status %ld in %u ms%s", ask->status, ask->took_ms,
                *ask->text ? ", leads to " : "");
    else
        fprintf(out, ": %s: ", web_outcome_name(ask->outcome));
    picture_text(ask->text, out);
    fputs("</li>\n", out);
}

static void print_place(const struct survey *survey, const struct site_place *place, FILE *out)
{
    const struct conf *conf = survey->request.expected.conf;
    char address[ADDRESS_TEXT_MAX];

    fprintf(out, "<li>%s: %s", address_text(place->address, address),
            site_state_name(place->state));
    fputs(place->udp && place->tcp ? ", over UDP and TCP"
          : place->udp             ? ", over UDP only"
          : place->tcp             ? ", over TCP only"
                                   : "",
          out);
    if (place->udp)
        fprintf(out, ", in %u ms", place->asks[SITE_SOA].took_ms);
    if (place->answers)
        fputs(", answers with", out);
    for (size_t i = 0; place->answers && i < conf->n_sites; i++)
        if (answer_set_has_site(place->given, i))
            fprintf(out, " %s", conf->sites[i].id);
    if (survey->request.urls.n)
        fputs("\n<ul>\n", out);
    for (size_t k = 0; k < survey->request.urls.n; k++)
        print_answer(&place->web[k], out);
    fprintf(out, "%s</li>\n", survey->request.urls.n ? "</ul>\n" : "");
}

static void print_site(const struct survey *survey, size_t site, const struct history *history,
                       FILE *out)
{
    const struct site_result *result = &survey->sites[site];

    fprintf(out, "<article class=\"%s\">\n<h3>%s: <span class=\"state\">%s</span></h3>\n",
            picture_class(history_mark(survey, result)), result->site->id,
            site_state_name(result->state));
    fprintf(out, "<p class=\"quiet\">%s", result->site->nameserver);
    if (history)
        print_age(&history->sites[site], history->last, out);
    fputs("</p>\n<ul>\n", out);
    for (size_t i = 0; i < result->n; i++)
        print_place(survey, &result->places[i], out);
    fputs("</ul>\n", out);
    if (history)
        picture_hour(&history->sites[site], out);
    fputs("</article>\n", out);
}

static void print_finding(const struct finding *finding, FILE *out)
{
    static const char *const classes[] = {"wrong", "away", "standby"};

    fprintf(out, "<article class=\"%s\">\n<h3><span class=\"state\">%s</span> [%s]</h3>\n<p>",
            classes[finding->severity], severity_name(finding->severity), finding->tag);
    picture_text(finding->text, out);
    fputs(".</p>\n", out);
    if (finding->where)
        print_element("p class=\"quiet\"", finding->where, out);
    fputs("<p>Fix: ", out);
    picture_text(finding->fix, out);
    fputs(".</p>\n</article>\n", out);
}

static void print_findings(const struct report *report, FILE *out)
{
    fputs("<h2>Findings</h2>\n", out);
    for (enum severity severity = SEVERITY_ERROR; severity <= SEVERITY_NOTE; severity++)
        for (size_t i = 0; i < report->n; i++)
            if (report->at[i].severity == severity)
                print_finding(&report->at[i], out);
    if (!report->n)
        fputs("<p>None: all is right.</p>\n", out);
}

static void print_parents(const struct survey *survey, FILE *out)
{
    fputs("<h2>Parent zone</h2>\n<ul>\n", out);
    for (size_t i = 0; i < survey->n_parents; i++) {
        fputs("<li>", out);
        picture_text(survey->parents[i].where, out);
        fputs(survey->parents[i].delegates ? ": delegates</li>\n" : ": does not delegate</li>\n",
              out);
    }
    fputs("<li>", out);
    failover_print(survey->request.expected.conf, out);
    fputs("</li>\n</ul>\n", out);
}

static void print_change(const struct history_change *change, FILE *out)
{
    char when[HISTORY_TIME_MAX];

    fprintf(out, "<li>%s ", history_time(change->at, when));
    picture_text(change->text ? change->text : "?", out);
    fputs("</li>\n", out);
}

static void print_changes(const struct history *history, FILE *out)
{
    fputs("<h2>Changes, the newest first</h2>\n<ul>\n", out);
    history_each_change(history, print_change, out);
    fputs("</ul>\n", out);
}

void page_print(const struct survey *survey, const struct history *history, unsigned interval_s,
                FILE *out)
{
    print_head(survey, history, interval_s, out);
    picture_scheme(survey, out);
    print_findings(&survey->report, out);
    fputs("<h2>Sites</h2>\n", out);
    for (size_t i = 0; i < survey->request.expected.conf->n_sites; i++)
        print_site(survey, i, history, out);
    print_parents(survey, out);
    if (history)
        print_changes(history, out);
    fputs("<p class=\"quiet\">By parentgen " SITENS_VERSION ".</p>\n</body>\n</html>\n", out);
}

int page_write(const char *path, const struct survey *survey, const struct history *history,
               unsigned interval_s)
{
    static const struct replace_options options = {.mode = 0644};
    struct stat status;
    char *text = NULL;
    size_t size;
    FILE *out;
    int r;

    /* A device would be replaced by a file. */
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return -EINVAL;
    out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    page_print(survey, history, interval_s, out);
    r = ferror(out) ? -ENOMEM : 0;
    if (fclose(out) != 0)
        r = -ENOMEM;
    if (r == 0)
        r = replace_file(path, text, size, &options);
    free(text);
    return r;
}

const char *page_error(int r)
{
    return r == -EINVAL ? "it is no file" : strerror(-r);
}
