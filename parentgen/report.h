/* SPDX-License-Identifier: ISC */
/*
 * report: what parentgen has found, each finding under a stable tag and with its fix.
 *
 * Tags never change their meaning; parentgen(1) lists them.
 */
#ifndef PARENTGEN_REPORT_H
#define PARENTGEN_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum severity {
    SEVERITY_ERROR,   /* it does not work, or will not when it is needed */
    SEVERITY_WARNING, /* it works, but worse than it could */
    SEVERITY_NOTE,    /* nothing to fix */
};

struct finding {
    enum severity severity;
    const char *tag;
    const char *fix; /* what to do, one sentence; static */
    unsigned line;   /* of the site file; 0: none */
    char *text;      /* what is wrong, without a full stop */
    char *where;     /* NULL, or the servers that showed it, separated by commas */
};

/* A zeroed report is empty. */
struct report {
    size_t n;
    struct finding *at;
    int error; /* 0; -ENOMEM: findings are missing, and the report must not pass for whole */
};

/* Frees what the report holds, and empties it. */
void report_done(struct report *report);

/* Adds a finding about the site file. tag and fix must be static. Like the next one it sets error
 * if there is no memory. */
void report_add(struct report *report, enum severity severity, const char *tag, unsigned line,
                const char *fix, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Adds a finding that the server called where has shown. If others have shown the same, it stays
 * one finding. */
void report_add_at(struct report *report, enum severity severity, const char *tag,
                   const char *where, const char *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* How many findings have that severity. */
size_t report_count(const struct report *report, enum severity severity);

/* "error", "warning" or "note". */
const char *severity_name(enum severity severity);

/* Prints one line a finding: "path:line: severity: text. Fix. [tag]". */
void report_print(const struct report *report, const char *path, FILE *out);

/* The findings as an array; the caller owns it. NULL if there is no memory. */
json_t *report_json(const struct report *report);

#endif
