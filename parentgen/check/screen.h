/* SPDX-License-Identifier: ISC */
/* screen: a text that stands on a terminal, and is drawn over by the next. */
#ifndef PARENTGEN_CHECK_SCREEN_H
#define PARENTGEN_CHECK_SCREEN_H

#include <stddef.h>
#include <stdio.h>

/* Draws text from the upper left corner of the terminal that out is, lines broken between words as
 * its width wants, and what does not fit its height left out. */
void screen_show(const char *text, FILE *out);

/* The same for a terminal of that size. text is ASCII, with colours ("\033[31m") and newlines. */
void screen_draw(const char *text, size_t width, size_t height, FILE *out);

#endif
