/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

void report_done(struct report *report)
{
    for (size_t i = 0; i < report->n; i++) {
        free(report->at[i].text);
        free(report->at[i].where);
    }
    free(report->at);
    *report = (struct report){0};
}

/* A report that cannot grow would hide a fault. */
static void *or_die(void *memory)
{
    if (memory)
        return memory;
    fputs("parentgen: out of memory\n", stderr);
    exit(1);
}

static struct finding *find(struct report *report, const char *tag, const char *text)
{
    for (size_t i = 0; i < report->n; i++)
        if (!strcmp(report->at[i].tag, tag) && !strcmp(report->at[i].text, text))
            return &report->at[i];
    return NULL;
}

static struct finding *push(struct report *report, const struct finding *finding)
{
    report->at = or_die(realloc(report->at, (report->n + 1) * sizeof *report->at));
    report->at[report->n] = *finding;
    return &report->at[report->n++];
}

/* Some of it comes from the network: nothing that a terminal would obey, or JSON cannot hold. */
__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
    char *text;

    if (vasprintf(&text, format, args) < 0)
        or_die(NULL);
    return value_ascii(text, text, strlen(text) + 1);
}

void report_add(struct report *report, enum severity severity, const char *tag, unsigned line,
                const char *fix, const char *format, ...)
{
    struct finding finding = {.severity = severity, .tag = tag, .fix = fix, .line = line};
    va_list args;

    va_start(args, format);
    finding.text = format_text(format, args);
    va_end(args);
    push(report, &finding);
}

/* Whether the last server in the list is where. */
static bool ends_with(const char *list, const char *where)
{
    size_t l = strlen(list), w = strlen(where);

    return l >= w && !strcmp(list + l - w, where) && (l == w || list[l - w - 1] == ' ');
}

/* One server can show the same several times in a row, as with each of its signatures. */
static void add_where(struct finding *finding, const char *where)
{
    char *joined;

    if (finding->where && ends_with(finding->where, where))
        return;
    if (!finding->where)
        joined = or_die(strdup(where));
    else if (asprintf(&joined, "%s, %s", finding->where, where) < 0)
        joined = or_die(NULL);
    free(finding->where);
    finding->where = joined;
}

void report_add_at(struct report *report, enum severity severity, const char *tag,
                   const char *where, const char *fix, const char *format, ...)
{
    struct finding finding = {.severity = severity, .tag = tag, .fix = fix};
    struct finding *known;
    va_list args;

    va_start(args, format);
    finding.text = format_text(format, args);
    va_end(args);
    known = find(report, tag, finding.text);
    if (known)
        free(finding.text);
    else
        known = push(report, &finding);
    add_where(known, where);
}

size_t report_count(const struct report *report, enum severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < report->n; i++)
        count += report->at[i].severity == severity;
    return count;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"error", "warning", "note"};

    return names[severity];
}

void report_print(const struct report *report, const char *path, FILE *out)
{
    for (size_t i = 0; i < report->n; i++) {
        const struct finding *finding = &report->at[i];

        fprintf(out, "%s:", path);
        if (finding->line)
            fprintf(out, "%u:", finding->line);
        fprintf(out, " %s: %s. %s [%s]\n", severity_name(finding->severity), finding->text,
                finding->fix, finding->tag);
    }
}

json_t *report_json(const struct report *report)
{
    json_t *findings = json_array();

    for (size_t i = 0; i < report->n; i++) {
        const struct finding *finding = &report->at[i];

        json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "severity",
                                                  severity_name(finding->severity), "tag",
                                                  finding->tag, "text", finding->text, "fix",
                                                  finding->fix, "servers", finding->where));
    }
    return findings;
}
