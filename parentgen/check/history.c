/* SPDX-License-Identifier: ISC */
#include "history.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

char *history_time(time_t at, char *out)
{
    struct tm tm;

    if (!gmtime_r(&at, &tm) || !strftime(out, HISTORY_TIME_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm))
        strcpy(out, "?");
    return out;
}

size_t history_first_change(const struct history *history)
{
    return history->n_changes > HISTORY_CHANGES ? history->n_changes - HISTORY_CHANGES : 0;
}

const struct history_change *history_change(const struct history *history, size_t number)
{
    return &history->changes[number % HISTORY_CHANGES];
}

__attribute__((format(printf, 3, 4))) static void add_change(struct history *history, time_t now,
                                                             const char *format, ...)
{
    struct history_change *change = &history->changes[history->n_changes++ % HISTORY_CHANGES];
    va_list args;

    free(change->text);
    change->at = now;
    va_start(args, format);
    if (vasprintf(&change->text, format, args) < 0)
        change->text = NULL;
    va_end(args);
}

enum history_mark history_mark(const struct survey *survey, const struct site_result *result)
{
    switch (result->state) {
    case SITE_FAILING:
    case SITE_LAST_RESORT:
        return MARK_AWAY;
    case SITE_STANDBY:
    case SITE_SERVING:
        if (!web_result_is_well(result, &survey->request.urls))
            return MARK_WRONG;
        return result->state == SITE_STANDBY ? MARK_STANDBY : MARK_SERVING;
    default:
        return MARK_WRONG;
    }
}

/* Moves the minutes on. A clock that was set back stays in the same minute for some time. */
static void move_on(struct history_site *site, time_t last, time_t now)
{
    time_t passed = now / 60 - last / 60;
    size_t n = passed < 0 ? 0 : passed > HISTORY_MINUTES ? HISTORY_MINUTES : (size_t)passed;

    memmove(site->minutes, site->minutes + n, HISTORY_MINUTES - n);
    memset(site->minutes + HISTORY_MINUTES - n, MARK_NONE, n);
}

static void mark(struct history_site *site, enum history_mark now)
{
    uint8_t *minute = &site->minutes[HISTORY_MINUTES - 1];

    if (*minute == MARK_NONE || now < *minute)
        *minute = (uint8_t)now;
}

static void take_state(struct history *history, const struct site_result *result,
                       struct history_site *site, time_t now)
{
    const char *id = result->site->id;

    if (history->begun && site->state == result->state)
        return;
    if (history->begun)
        add_change(history, now, "%s is %s, and was %s", id, site_state_name(result->state),
                   site_state_name(site->state));
    else
        add_change(history, now, "%s is %s", id, site_state_name(result->state));
    site->ever = !history->begun;
    site->state = result->state;
    site->since = now;
}

static void take_web(struct history *history, const struct survey *survey,
                     const struct site_result *result, struct history_site *site, time_t now)
{
    const struct web_urls *urls = &survey->request.urls;

    for (size_t k = 0; k < urls->n; k++) {
        char word[WEB_WORD_MAX];

        web_word(web_result_worst(result, k), word);
        if (history->begun && strcmp(word, site->web[k]))
            add_change(history, now, "%s: %s gets %s, and got %s", result->site->id, urls->at[k],
                       word, site->web[k]);
        strcpy(site->web[k], word);
    }
}

static char *name_fault(const struct finding *finding)
{
    char *text;

    return asprintf(&text, "%s: %s%s%s%s. [%s]", severity_name(finding->severity), finding->text,
                    finding->where ? " (" : "", finding->where ? finding->where : "",
                    finding->where ? ")" : "", finding->tag) < 0
               ? NULL
               : text;
}

static bool has(char *const *faults, size_t n, const char *fault)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(faults[i], fault))
            return true;
    return false;
}

static void faults_free(char **faults, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(faults[i]);
    free(faults);
}

static int list_faults(const struct report *report, char ***ret, size_t *ret_n)
{
    char **faults = calloc(report->n + 1, sizeof *faults);
    size_t n = 0;

    for (size_t i = 0; faults && i < report->n; i++)
        if (report->at[i].severity != SEVERITY_NOTE &&
            !(faults[n++] = name_fault(&report->at[i]))) {
            faults_free(faults, n);
            return -ENOMEM;
        }
    if (!faults)
        return -ENOMEM;
    *ret = faults;
    *ret_n = n;
    return 0;
}

static int take_faults(struct history *history, const struct report *report, time_t now)
{
    char **faults;
    size_t n;

    if (list_faults(report, &faults, &n) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!has(history->faults, history->n_faults, faults[i]))
            add_change(history, now, "%s", faults[i]);
    for (size_t i = 0; i < history->n_faults; i++)
        if (!has(faults, n, history->faults[i]))
            add_change(history, now, "over: %s", history->faults[i]);
    faults_free(history->faults, history->n_faults);
    history->faults = faults;
    history->n_faults = n;
    return 0;
}

int history_add(struct history *history, const struct survey *survey, time_t now)
{
    for (size_t i = 0; i < survey->request.expected.conf->n_sites; i++) {
        const struct site_result *result = &survey->sites[i];
        struct history_site *site = &history->sites[i];

        move_on(site, history->begun ? history->last : now, now);
        mark(site, history_mark(survey, result));
        take_state(history, result, site, now);
        take_web(history, survey, result, site, now);
    }
    if (take_faults(history, &survey->report, now) < 0)
        return -ENOMEM;
    if (!history->begun)
        history->begun = now;
    if (now > history->last)
        history->last = now;
    return 0;
}

void history_done(struct history *history)
{
    for (size_t i = 0; i < HISTORY_CHANGES; i++)
        free(history->changes[i].text);
    faults_free(history->faults, history->n_faults);
    *history = (struct history){0};
}
