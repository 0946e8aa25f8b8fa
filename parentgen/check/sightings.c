/* SPDX-License-Identifier: ISC */
#include "sightings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char separator[] = ", "; /* of the servers in a finding */

static int add(struct sightings *sightings, const struct report *report, size_t number,
               const char *server, size_t length)
{
    const struct finding *finding = &report->at[number];
    struct sighting sighting = {.finding = number, .tag = finding->tag}, *at;

    if (asprintf(&sighting.text, "%s: %s", severity_name(finding->severity), finding->text) < 0)
        return -ENOMEM;
    sighting.server = strndup(server, length);
    at = sighting.server ? realloc(sightings->at, (sightings->n + 1) * sizeof *at) : NULL;
    if (!at) {
        free(sighting.text);
        free(sighting.server);
        return -ENOMEM;
    }
    sightings->at = at;
    at[sightings->n++] = sighting;
    return 0;
}

static int add_finding(struct sightings *sightings, const struct report *report, size_t number)
{
    const char *rest = report->at[number].where ? report->at[number].where : "";

    for (;;) {
        const char *end = strstr(rest, separator);
        int r = add(sightings, report, number, rest, end ? (size_t)(end - rest) : strlen(rest));

        if (r < 0 || !end)
            return r;
        rest = end + strlen(separator);
    }
}

int sightings_of(const struct report *report, struct sightings *ret)
{
    struct sightings sightings = {0};

    for (size_t i = 0; i < report->n; i++)
        if (report->at[i].severity != SEVERITY_NOTE && add_finding(&sightings, report, i) < 0) {
            sightings_done(&sightings);
            return -ENOMEM;
        }
    *ret = sightings;
    return 0;
}

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a, b);
}

/* The length of a number that stands alone, where a word begins; else 0. */
static size_t figure_length(const char *word)
{
    size_t n = strspn(word, "0123456789");

    return strchr(" ,;:)", word[n]) ? n : 0;
}

static bool same_but_for_figures(const char *a, const char *b)
{
    bool word_begins = true;

    while (*a && *b) {
        size_t n = word_begins ? figure_length(a) : 0, m = word_begins ? figure_length(b) : 0;

        if ((n == 0) != (m == 0) || (!n && *a != *b))
            return false;
        word_begins = *a == ' ' || *a == '(';
        a += n ? n : 1;
        b += m ? m : 1;
    }
    return *a == *b;
}

static void pair_by(struct sightings *before, struct sightings *now,
                    bool (*same)(const char *, const char *))
{
    for (size_t i = 0; i < now->n; i++)
        for (size_t k = 0; !now->at[i].paired && k < before->n; k++) {
            struct sighting *a = &now->at[i], *b = &before->at[k];

            if (!b->paired && !strcmp(a->tag, b->tag) && !strcmp(a->server, b->server) &&
                same(a->text, b->text))
                a->paired = b->paired = true;
        }
}

void sightings_pair(struct sightings *before, struct sightings *now)
{
    for (size_t i = 0; i < before->n; i++)
        before->at[i].paired = false;
    for (size_t i = 0; i < now->n; i++)
        now->at[i].paired = false;
    pair_by(before, now, same_text);
    pair_by(before, now, same_but_for_figures);
}

/* Prints a line for the unpaired ones of the finding that begins at i. Returns where the next
 * begins. */
static size_t print_finding(const struct sightings *sightings, size_t i, FILE *out)
{
    const struct sighting *first = &sightings->at[i];
    size_t n = 0;

    for (; i < sightings->n && sightings->at[i].finding == first->finding; i++) {
        const struct sighting *sighting = &sightings->at[i];

        if (sighting->paired)
            continue;
        if (n++ == 0)
            fprintf(out, "%s%s", sighting->text, *sighting->server ? " (" : "");
        else
            fputs(separator, out);
        fputs(sighting->server, out);
    }
    if (n)
        fprintf(out, "%s. [%s]\n", *first->server ? ")" : "", first->tag);
    return i;
}

char *sightings_unpaired(const struct sightings *sightings)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < sightings->n;)
        i = print_finding(sightings, i, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

void sightings_done(struct sightings *sightings)
{
    for (size_t i = 0; i < sightings->n; i++) {
        free(sightings->at[i].text);
        free(sightings->at[i].server);
    }
    free(sightings->at);
    *sightings = (struct sightings){0};
}
