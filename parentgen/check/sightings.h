/* SPDX-License-Identifier: ISC */
/*
 * sightings: the errors and warnings of a survey, one for each server that shows them, to compare
 * with those of the survey before.
 *
 * One is the same as before if tag and server are, and its text is but for figures: a clock that is
 * 70 s ahead is 69 s ahead a second later. A figure is a number that stands alone; there is none in
 * ns1.example.org or 192.0.2.1.
 */
#ifndef PARENTGEN_CHECK_SIGHTINGS_H
#define PARENTGEN_CHECK_SIGHTINGS_H

#include "report.h"

struct sighting {
    size_t finding; /* its number in the report */
    const char *tag;
    char *text;   /* "error: what is wrong" */
    char *server; /* "": none in particular */
    bool paired;  /* it has a counterpart in the other survey */
};

/* A zeroed one is empty. */
struct sightings {
    size_t n;
    struct sighting *at;
};

/* Lists those of a report. Returns 0 or -ENOMEM; the caller has to call sightings_done(). */
int sightings_of(const struct report *report, struct sightings *ret);

/* Pairs each with its counterpart. Where there are several, such as two keys of one zone, those
 * whose figures are the same belong together. */
void sightings_pair(struct sightings *before, struct sightings *now);

/* The unpaired ones as lines, one for each finding: "error: text (server, server). [tag]". The
 * caller frees it. NULL if there is no memory. */
char *sightings_unpaired(const struct sightings *sightings);

void sightings_done(struct sightings *sightings);

#endif
