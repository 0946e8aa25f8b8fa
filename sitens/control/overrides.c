/* SPDX-License-Identifier: ISC */
#include "overrides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/input.h"
#include "directories.h"
#include "log.h"

enum {
    LINE_MAX_LENGTH = 320, /* a name, a word and two numbers */
    READ_MS = 1000,        /* at the start; nothing waits for a disk that is slower */
};

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

    return entry && entry->now.kind != GATE_AUTO ? &entry->now : NULL;
}

enum gate_override overrides_kind(const struct overrides *o, const char *zone)
{
    const struct override *said = overrides_find(o, zone);

    return said ? said->kind : GATE_AUTO;
}

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

/* The lines of the file; nothing else is known. */
static void take(struct overrides *o, char *text, size_t n)
{
    FILE *in = fmemopen(text, n, "r");
    char line[LINE_MAX_LENGTH];
    bool good = in != NULL;

    while (good && o->n < OVERRIDES_MAX && fgets(line, sizeof line, in)) {
        struct override read = {.kind = GATE_AUTO};

        good = parse(line, &read) && !find(o, read.zone); /* which we write once */
        if (good)
            o->at[o->n++] = (struct override_entry){read, read};
    }
    if (!good || ferror(in))
        log_warning("%s is damaged: what sitensctl said is lost after %zu lines; say it again",
                    o->path, o->n);
    if (in)
        fclose(in);
}

/* Takes down what was said. Returns 0 or -ENOSPC. */
static int note(struct overrides *o, const struct override *said)
{
    struct override_entry *entry = find(o, said->zone);

    if (said->kind == GATE_AUTO && !o->unread) { /* else the file may say something else */
        if (entry)
            *entry = o->at[--o->n];
        return 0;
    }
    if (!entry && o->n == OVERRIDES_MAX)
        return -ENOSPC;
    if (!entry) {
        entry = &o->at[o->n++];
        *entry = (struct override_entry){.kept.kind = GATE_AUTO};
    }
    entry->now = *said;
    if (!said->runtime)
        entry->kept = *said;
    return 0;
}

/* Over what the file says goes what was said since the start, but for what came by itself. */
static void note_again(struct overrides *o, const struct override_entry *since)
{
    bool said = *since->kept.zone && (since->kept.kind != GATE_HELD || !find(o, since->kept.zone));
    int r = said ? note(o, &since->kept) : 0;

    if (r == 0 && since->now.runtime)
        r = note(o, &since->now);
    if (r < 0)
        log_error("%s: more than %d overrides: this one is lost", since->now.zone, OVERRIDES_MAX);
}

/* Whether the file may yet be read, without anybody doing anything about it. */
static bool may_pass(ssize_t error)
{
    return error == -ETIMEDOUT || (error < 0 && input_is_shortage((int)-error));
}

static void read_file(struct overrides *o, int wait_ms)
{
    static char text[OVERRIDES_MAX * LINE_MAX_LENGTH];
    static struct override_entry since[OVERRIDES_MAX];
    ssize_t n = replacer_read(o->writer, o->path, text, sizeof text, wait_ms);
    size_t n_since = o->n;
    bool was_unread = o->unread;

    o->unread = may_pass(n);
    if (n < 0 && n != -ENOENT && !(o->unread && was_unread))
        log_warning("%s cannot be read%s: %s; the checks decide%s", o->path,
                    o->unread ? " yet" : "", strerror((int)-n), o->unread ? " until it can" : "");
    if (o->unread)
        return;
    memcpy(since, o->at, n_since * sizeof *since);
    o->n = 0;
    if (n > 0)
        take(o, text, (size_t)n);
    for (size_t i = 0; i < n_since; i++)
        note_again(o, &since[i]);
    if (was_unread && n > 0)
        log_notice("%s is read: what sitensctl said counts again", o->path);
}

int overrides_load(struct overrides *o)
{
    snprintf(o->path, sizeof o->path, "%s/overrides", directories_state());
    o->writer = replacer_new();
    if (!o->writer)
        return -ENOMEM;
    read_file(o, READ_MS);
    return 0;
}

void overrides_done(struct overrides *o)
{
    if (o->writer)
        overrides_follow(o);
    replacer_free(o->writer);
}

/* Where there is no memory, fclose() leaves no text, and does not say so. */
static void write_file(struct overrides *o)
{
    char *text = NULL;
    size_t length = 0, n = 0;
    FILE *out = open_memstream(&text, &length);

    for (size_t i = 0; out && i < o->n; i++) {
        const struct override *kept = &o->at[i].kept;

        if (kept->kind == GATE_AUTO)
            continue;
        fprintf(out, "%s %s %lld %ld\n", kept->zone, gate_override_name(kept->kind),
                (long long)kept->since, kept->by);
        n++;
    }
    if (out && fclose(out) == 0 && text)
        o->unwritten = n > 0 ? !replacer_put(o->writer, o->path, text, length, &file_options)
                             : !replacer_remove(o->writer, o->path);
    else
        log_error("%s cannot be written: %s", o->path, strerror(ENOMEM));
    free(text);
}

int overrides_set(struct overrides *o, const struct override *said)
{
    int r = note(o, said);

    if (r == 0 && !said->runtime)
        o->unwritten = true;
    if (o->unwritten && !o->unread)
        write_file(o);
    return r;
}

bool overrides_follow(struct overrides *o)
{
    bool was_unread = o->unread;

    if (was_unread)
        read_file(o, 0);
    if (o->unwritten && !o->unread)
        write_file(o);
    return was_unread && !o->unread;
}
