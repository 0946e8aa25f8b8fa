/* SPDX-License-Identifier: ISC */
/*
 * screen: texts that stand on a terminal one below the other, and are drawn over by the next.
 *
 * Where there is not enough room, every text first gets the rows that it has to have, the upper
 * ones before the lower; then the rest of the rows goes to them in the same order.
 */
#ifndef PARENTGEN_CHECK_SCREEN_H
#define PARENTGEN_CHECK_SCREEN_H

#include <stddef.h>
#include <stdio.h>

struct screen_part {
    const char *text; /* ASCII, with colours ("\033[31m") and newlines */
    size_t least;     /* rows that it gets before the others get more than theirs */
    const char *more; /* the last row of what is cut; NULL: it just ends */
};

enum { SCREEN_PARTS_MAX = 4 };

/* Draws the parts from the upper left corner of the terminal that out is, lines broken between
 * words as its width wants, and what does not fit its height left out. */
void screen_show(const struct screen_part *parts, size_t n, FILE *out);

/* The same for a terminal of that size. */
void screen_draw(const struct screen_part *parts, size_t n, size_t width, size_t height, FILE *out);

#endif
