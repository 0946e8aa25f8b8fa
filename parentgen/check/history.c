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

void history_each_change(const struct history *history,
                         void (*on_change)(const struct history_change *change, FILE *out),
                         FILE *out)
{
    size_t first = history_first_change(history), end = history->n_changes, begin;

    for (; end > first; end = begin) {
        size_t survey = history_change(history, end - 1)->survey;

        for (begin = end; begin > first && history_change(history, begin - 1)->survey == survey;)
            begin--;
        for (size_t i = begin; i < end; i++)
            on_change(history_change(history, i), out);
    }
}

__attribute__((format(printf, 3, 4))) static void add_change(struct history *history, time_t now,
                                                             const char *format, ...)
{
    struct history_change *change = &history->changes[history->n_changes++ % HISTORY_CHANGES];
    va_list args;

    free(change->text);
    change->at = now;
    change->survey = history->n_surveys;
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

/* A line each for those without a counterpart in the other survey. */
static int tell_unpaired(struct history *history, time_t now, const char *beginning,
                         const struct sightings *sightings)
{
    char *lines = sightings_unpaired(sightings), *rest = NULL;

    if (!lines)
        return -ENOMEM;
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        add_change(history, now, "%s%s", beginning, line);
    free(lines);
    return 0;
}

static int take_findings(struct history *history, const struct report *report, time_t now)
{
    struct sightings sightings;

    if (sightings_of(report, &sightings) < 0)
        return -ENOMEM;
    sightings_pair(&history->sightings, &sightings);
    if (tell_unpaired(history, now, "", &sightings) < 0 ||
        tell_unpaired(history, now, "over: ", &history->sightings) < 0) {
        sightings_done(&sightings);
        return -ENOMEM;
    }
    sightings_done(&history->sightings);
    history->sightings = sightings;
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
    if (take_findings(history, &survey->report, now) < 0)
        return -ENOMEM;
    history->n_surveys++;
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
    sightings_done(&history->sightings);
    *history = (struct history){0};
}
