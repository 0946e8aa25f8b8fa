/* SPDX-License-Identifier: ISC */
/* picture: the scheme and the last hour as SVG within a page. Shapes and words tell what colours
 * do.
 */
#ifndef PARENTGEN_CHECK_PICTURE_H
#define PARENTGEN_CHECK_PICTURE_H

#include "history.h"

/* The parent zone, an arrow to each site, and one from there to its web server. */
void picture_scheme(const struct survey *survey, FILE *out);

/* A bar for each minute of the last hour, as high as the site was well. */
void picture_hour(const struct history_site *site, FILE *out);

/* "wrong", "away" …: the class of the page's style, too. */
const char *picture_class(enum history_mark mark);

/* Prints text as HTML has it. */
void picture_text(const char *text, FILE *out);

#endif
