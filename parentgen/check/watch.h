/* SPDX-License-Identifier: ISC */
/* watch: a survey again and again, until a signal ends it. */
#ifndef PARENTGEN_CHECK_WATCH_H
#define PARENTGEN_CHECK_WATCH_H

#include "survey.h"

struct watch_options {
    unsigned interval_s; /* from the beginning of one survey to that of the next */
    bool json;           /* a line for each survey */
    const char *html;    /* NULL, or the page to write each time */
};

/* On a terminal stdout shows the latest survey, and below it the changes, newest first; else there
 * is a line for each change. SIGINT and SIGTERM end the process with status 0, never in the middle
 * of what is written. Returns 0 if stdout cannot be written any more (its ferror(3) tells), or
 * -ENOMEM. */
int watch_run(const struct survey_request *request, const struct watch_options *options);

#endif
