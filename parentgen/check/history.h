/* SPDX-License-Identifier: ISC */
/*
 * history: what has changed from one survey to the next, and how the last hour was.
 *
 * Its memory is bounded: an hour in minutes for each site, and the latest changes. Pure: surveys
 * and the time go in.
 */
#ifndef PARENTGEN_CHECK_HISTORY_H
#define PARENTGEN_CHECK_HISTORY_H

#include "sightings.h"
#include "survey.h"
#include "web_result.h"

enum { HISTORY_MINUTES = 60, HISTORY_CHANGES = 100, HISTORY_TIME_MAX = 32 };

/* How a site was at a time, the worst first. */
enum history_mark {
    MARK_NONE,  /* nobody looked */
    MARK_WRONG, /* lame or unknown, or users are sent to a web server that fails */
    MARK_AWAY,  /* failing, or answering as the last resort */
    MARK_STANDBY,
    MARK_SERVING,
};

struct history_site {
    enum site_state state;
    time_t since; /* when the state was seen first */
    bool ever;    /* it was so at the first survey already, hence since that time or longer */
    char web[WEB_URLS_MAX][WEB_WORD_MAX];
    uint8_t minutes[HISTORY_MINUTES]; /* an enum history_mark each, the worst of the minute; the
                                         last is the present one */
};

struct history_change {
    time_t at;
    size_t survey; /* its number: two of them may be in one second */
    char *text;    /* NULL: there was no memory for it */
};

/* A zeroed one is before the first survey. */
struct history {
    time_t begun; /* of the first survey; 0: none yet */
    time_t last;
    size_t n_surveys;
    struct history_site sites[CONF_SITES_MAX];
    struct sightings sightings; /* of the last survey */
    size_t n_changes;           /* all that there ever were; the latest HISTORY_CHANGES are kept */
    struct history_change changes[HISTORY_CHANGES];
};

/* Takes a survey of the time now into account. Returns 0 or -ENOMEM. */
int history_add(struct history *history, const struct survey *survey, time_t now);

/* The change of that number, counted from the first that there ever was, from
 * history_first_change() to n_changes - 1. */
const struct history_change *history_change(const struct history *history, size_t number);
size_t history_first_change(const struct history *history);

/* Calls on_change for each change that is kept, the latest survey's first, and those of one survey
 * in the order in which they are told: sites before findings, what has come before what is over. */
void history_each_change(const struct history *history,
                         void (*on_change)(const struct history_change *change, FILE *out),
                         FILE *out);

/* How a site is now. */
enum history_mark history_mark(const struct survey *survey, const struct site_result *result);

/* "2026-11-28 08:05:20 UTC": writes HISTORY_TIME_MAX octets at most. Returns out. */
char *history_time(time_t at, char *out);

void history_done(struct history *history);

#endif
