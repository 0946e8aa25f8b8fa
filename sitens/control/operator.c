/* SPDX-License-Identifier: ISC */
#include "operator.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "status.h"

enum { WORDS_MAX = 4 };

struct question {
    struct service *service;
    struct overrides *overrides;
    long uid;
    bool reload_failed;
    size_t n;
    char *words[WORDS_MAX]; /* the verb first */
};

static const char *word(const struct question *q, size_t i)
{
    return i < q->n ? q->words[i] : "";
}

static bool is_meant(const struct question *q, const struct service_zone *z)
{
    return !strcmp(word(q, 1), "*") || !strcmp(word(q, 1), z->config->conf->name);
}

static size_t count_meant(const struct question *q)
{
    size_t n = 0;

    for (size_t i = 0; i < q->service->generation->n_zones; i++)
        n += is_meant(q, &q->service->zones[i]);
    return n;
}

static void print_unknown(const struct question *q, FILE *out)
{
    fprintf(out, "error no zone %.255s here; there are:", word(q, 1));
    for (size_t i = 0; i < q->service->generation->n_zones; i++)
        fprintf(out, " %s", q->service->generation->zones[i].conf->name);
    fputc('\n', out);
}

/* Of a zone without a site file what was said still counts, should the file come back. */
static void forget(const struct question *q, const struct override *said, FILE *out)
{
    const char *kind = gate_override_name(said->kind);
    struct override none = {.kind = GATE_AUTO};
    const struct log_subject subject = {.message_id = LOG_ID_OVERRIDE, .zone = none.zone};

    strcpy(none.zone, said->zone);
    overrides_set(q->overrides, &none);
    log_write(LOG_NOTE, &subject, "%s: `sitensctl auto` by user %ld; there is no site file of it",
              none.zone, q->uid);
    fprintf(out, "ok %s: no site file here; `sitensctl %s` of it is forgotten\n", none.zone, kind);
}

/* `in` ends what GATE_HELD waits for, where that is all there is to overrule. */
static bool ends_hold(const struct service_zone *z)
{
    const struct gate_decision *d = watch_decision(z->watch);

    return d->override == GATE_HELD && d->state == ZONE_OUT;
}

static void override_zone(const struct question *q, const struct service_zone *z,
                          enum gate_override wanted, FILE *out)
{
    const char *name = z->config->conf->name;
    const struct log_subject subject = {LOG_ID_OVERRIDE, name, z->config->self->id, NULL, NULL};
    bool runtime = !strcmp(word(q, 2), "runtime");
    struct override said = {.kind =
                                wanted == GATE_IN && !runtime && ends_hold(z) ? GATE_AUTO : wanted,
                            .since = time(NULL),
                            .by = q->uid,
                            .runtime = runtime};

    snprintf(said.zone, sizeof said.zone, "%s", name);
    if (overrides_set(q->overrides, &said) < 0) {
        fprintf(
            out,
            "error %s: more than %d overrides; %s has them all, `sitensctl auto NAME` ends one\n",
            name, OVERRIDES_MAX, q->overrides->path);
        return;
    }
    log_write(LOG_NOTE, &subject, "%s: `sitensctl %s` by user %ld%s", name, word(q, 0), q->uid,
              said.runtime ? ", until sitens ends" : "");
    watch_set_override(z->watch, said.kind);
    fprintf(out, "ok %s: %s, %s\n", name, zone_state_name(watch_decision(z->watch)->state),
            watch_decision(z->watch)->reason);
}

static void print_answer(const struct question *q, FILE *out)
{
    static const struct {
        const char *verb;
        enum gate_override kind;
    } verbs[] = {{"in", GATE_IN}, {"out", GATE_OUT}, {"auto", GATE_AUTO}};

    const struct override *said = overrides_find(q->overrides, word(q, 1));

    if (q->n > 1 && count_meant(q) == 0) {
        if (said && !strcmp(word(q, 0), "auto"))
            forget(q, said, out);
        else
            print_unknown(q, out);
        return;
    }
    if (!strcmp(word(q, 0), "status")) {
        char *text =
            status_json(q->service, q->overrides,
                        q->n > 1 && strcmp(word(q, 1), "*") ? word(q, 1) : NULL, q->reload_failed);

        fputs(text ? text : "error out of memory\n", out);
        free(text);
        return;
    }
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++)
        if (!strcmp(word(q, 0), verbs[v].verb) && q->n > 1) {
            for (size_t i = 0; i < q->service->generation->n_zones; i++)
                if (is_meant(q, &q->service->zones[i]))
                    override_zone(q, &q->service->zones[i], verbs[v].kind, out);
            return;
        }
    fputs("error this sitens does not know that command: is sitensctl newer?\n", out);
}

/* As names are in a site file: in lower case, without a final dot. */
static void normalize(char *name)
{
    size_t length = strlen(name);

    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (length > 1 && name[length - 1] == '.')
        name[length - 1] = '\0';
}

char *operator_answer(struct service *service, struct overrides *overrides, const char *question,
                      long uid, bool reload_failed)
{
    struct question q = {
        .service = service, .overrides = overrides, .uid = uid, .reload_failed = reload_failed};
    char *copy = strdup(question), *rest = NULL, *text = NULL;
    size_t length;
    FILE *out = copy ? open_memstream(&text, &length) : NULL;

    for (char *w = copy ? strtok_r(copy, " ", &rest) : NULL; w && q.n < WORDS_MAX;
         w = strtok_r(NULL, " ", &rest))
        q.words[q.n++] = w;
    if (q.n > 1)
        normalize(q.words[1]);
    if (out)
        print_answer(&q, out);
    if (out && fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    free(copy);
    return text;
}
