/* SPDX-License-Identifier: ISC */
#include "overrides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directories.h"
#include "log.h"

static const struct replace_options file_options = {.mode = 0600, .durable = true};

static struct override_entry *find(struct overrides *o, const char *zone)
{
    for (size_t i = 0; i < o->n; i++)
        if (!strcmp(o->at[i].now.zone, zone))
            return &o->at[i];
    return NULL;
}

const struct override *overrides_find(const struct overrides *o, const char *zone)
{
    const struct override_entry *entry = find((struct overrides *)o, zone);

    return entry ? &entry->now : NULL;
}

enum gate_override overrides_kind(const struct overrides *o, const char *zone)
{
    const struct override *said = overrides_find(o, zone);

    return said ? said->kind : GATE_AUTO;
}

enum { LINE_MAX_LENGTH = 320 }; /* a name, a word and two numbers */

/* Whether the line is one of ours. */
static bool parse(const char *line, struct override *ret)
{
    char kind[8], end;
    long long since;

    if (sscanf(line, "%255s %7s %lld %ld%c", ret->zone, kind, &since, &ret->by, &end) != 5 ||
        end != '\n')
        return false;
    ret->since = (time_t)since;
    for (int k = GATE_AUTO + 1; k < GATE_OVERRIDES; k++)
        if (!strcmp(kind, gate_override_name((enum gate_override)k))) {
            ret->kind = (enum gate_override)k;
            return true;
        }
    return false;
}

static void read_file(struct overrides *o)
{
    static char text[OVERRIDES_MAX * LINE_MAX_LENGTH];
    ssize_t n = replacer_read(o->writer, o->path, text, sizeof text);
    FILE *in = n > 0 ? fmemopen(text, (size_t)n, "r") : NULL;
    char line[LINE_MAX_LENGTH];
    bool good = true;

    if (n < 0 && n != -ENOENT)
        log_warning("%s cannot be read: %s; the checks decide", o->path, strerror((int)-n));
    if (!in)
        return;
    while (good && o->n < OVERRIDES_MAX && fgets(line, sizeof line, in)) {
        struct override read = {.kind = GATE_AUTO};

        good = parse(line, &read) && !find(o, read.zone); /* which we write once */
        if (good)
            o->at[o->n++] = (struct override_entry){read, read};
    }
    if (!good || ferror(in))
        log_warning("%s is damaged: what sitensctl said is lost after %zu lines; say it again",
                    o->path, o->n);
    fclose(in);
}

int overrides_load(struct overrides *o)
{
    snprintf(o->path, sizeof o->path, "%s/overrides", directories_state());
    o->writer = replacer_new();
    if (!o->writer)
        return -ENOMEM;
    read_file(o);
    return 0;
}

void overrides_done(struct overrides *o)
{
    replacer_free(o->writer);
}

static void write_file(const struct overrides *o)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    for (size_t i = 0; out && i < o->n; i++) {
        const struct override *kept = &o->at[i].kept;

        if (kept->kind != GATE_AUTO)
            fprintf(out, "%s %s %lld %ld\n", kept->zone, gate_override_name(kept->kind),
                    (long long)kept->since, kept->by);
    }
    if (out && fclose(out) == 0 && length > 0)
        replacer_put(o->writer, o->path, text, length, &file_options);
    else if (out && length == 0)
        replacer_remove(o->writer, o->path);
    else
        log_error("%s cannot be written: %s", o->path, strerror(ENOMEM));
    free(text);
}

int overrides_set(struct overrides *o, const struct override *said)
{
    struct override_entry *entry = find(o, said->zone);

    if (said->kind == GATE_AUTO) {
        if (entry)
            *entry = o->at[--o->n];
    } else {
        if (!entry && o->n == OVERRIDES_MAX)
            return -ENOSPC;
        if (!entry) {
            entry = &o->at[o->n++];
            *entry = (struct override_entry){.kept.kind = GATE_AUTO};
        }
        entry->now = *said;
        if (!said->runtime)
            entry->kept = *said;
    }
    if (!said->runtime)
        write_file(o);
    return 0;
}
