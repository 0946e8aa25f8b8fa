/* SPDX-License-Identifier: ISC */
/* survey_report: what a survey found, for people and for programs. */
#ifndef PARENTGEN_CHECK_SURVEY_REPORT_H
#define PARENTGEN_CHECK_SURVEY_REPORT_H

#include "survey.h"

/* Prints a table with a row for each site, what to expect of a failover, and each finding with its
 * fix; with colours if colour. */
void survey_report_print(const struct survey *survey, bool colour, FILE *out);

/* Its parts: the table, and below it what the URLs are and who delegates; the findings. */
void survey_report_print_state(const struct survey *survey, bool colour, FILE *out);
void survey_report_print_findings(const struct survey *survey, bool colour, FILE *out);

/* The same as JSON, with flags of json_dumpf(); documented in parentgen(1). Returns 0 or -ENOMEM; a
 * fault of out is left to its ferror(3). */
int survey_report_print_json(const struct survey *survey, size_t flags, FILE *out);

#endif
