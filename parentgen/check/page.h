/* SPDX-License-Identifier: ISC */
/*
 * page: what a survey found as an HTML page, for people who look rather than read.
 *
 * One file without script or anything else to load. Whatever came from the net is escaped.
 */
#ifndef PARENTGEN_CHECK_PAGE_H
#define PARENTGEN_CHECK_PAGE_H

#include "history.h"

/* Writes the page to path, so that readers see the old or the new one whole. history is NULL after
 * a single survey, else that of all of them, one every interval_s seconds. Returns 0 or -errno;
 * -EINVAL where path is something else than a file. */
int page_write(const char *path, const struct survey *survey, const struct history *history,
               unsigned interval_s);

/* Why it could not be written, in words, from what page_write() returned. */
const char *page_error(int r);

/* Prints it. */
void page_print(const struct survey *survey, const struct history *history, unsigned interval_s,
                FILE *out);

#endif
