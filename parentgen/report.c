/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <errno.h>
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

static struct finding *find(struct report *report, const char *tag, const char *text)
{
    for (size_t i = 0; i < report->n; i++)
        if (!strcmp(report->at[i].tag, tag) && !strcmp(report->at[i].text, text))
            return &report->at[i];
    return NULL;
}

/* Takes the finding over; without memory it is lost, and the report says so. */
static struct finding *push(struct report *report, const struct finding *finding)
{
    struct finding *at =
        finding->text ? realloc(report->at, (report->n + 1) * sizeof *report->at) : NULL;

    if (!at) {
        free(finding->text);
        report->error = -ENOMEM;
        return NULL;
    }
    report->at = at;
    at[report->n] = *finding;
    return &at[report->n++];
}

/* Some of it comes from the network: nothing that a terminal would obey, or JSON cannot hold. NULL
 * if there is no memory. */
__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
    char *text;

    return vasprintf(&text, format, args) < 0 ? NULL : value_ascii(text, text, strlen(text) + 1);
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

/* One server can show the same several times in a row, as with each of its signatures. Returns 0 or
 * -ENOMEM. */
static int add_where(struct finding *finding, const char *where)
{
    char *joined;

    if (finding->where && ends_with(finding->where, where))
        return 0;
    if (asprintf(&joined, "%s%s%s", finding->where ? finding->where : "",
                 finding->where ? ", " : "", where) < 0)
        return -ENOMEM;
    free(finding->where);
    finding->where = joined;
    return 0;
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
    known = finding.text ? find(report, tag, finding.text) : NULL;
    if (known)
        free(finding.text);
    else
        known = push(report, &finding);
    if (known && add_where(known, where) < 0)
        report->error = -ENOMEM;
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

        if (json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "severity",
                                                      severity_name(finding->severity), "tag",
                                                      finding->tag, "text", finding->text, "fix",
                                                      finding->fix, "servers", finding->where)) <
            0) {
            json_decref(findings);
            return NULL;
        }
    }
    return findings;
}
