/* SPDX-License-Identifier: ISC */
/*
 * format: the ways to write a delegation down, one small file each.
 *
 * A format is a row of the table in format.c. It prints records 0 to n-1 of the delegation; what
 * belongs elsewhere is told in comments, by format_comments(), or for forms that have no comments
 * by format_notes() on stderr.
 */
#ifndef PARENTGEN_FORMAT_H
#define PARENTGEN_FORMAT_H

#include <stdio.h>

#include "delegation.h"

struct format {
    const char *name;
    const char *purpose; /* one line for --help */
    const char *comment; /* what begins a comment line; NULL: the form has no comments */
    void (*print)(FILE *out, const struct delegation *delegation);
};

/* The format of that name, or NULL. */
const struct format *format_find(const char *name);

/* The table, ended by a row whose name is NULL. */
extern const struct format formats[];

/* Prints what the format has to say: comments, records, notes. Notes that cannot stand in the form
 * as comments go to notes. */
void format_print(const struct format *format, const struct delegation *delegation, FILE *out,
                  FILE *notes);

/* The names of all formats, separated by ", ". */
void format_list_names(FILE *out);

void format_bind(FILE *out, const struct delegation *delegation);

#endif
