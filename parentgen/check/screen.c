/* SPDX-License-Identifier: ISC */
#include "screen.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WIDTH = 80,
    HEIGHT = 24,
    INDENT = 4
}; /* of a terminal that does not tell; of a line's rest */

/* The length of a colour at the beginning of text, which takes no room; 0 if there is none. */
static size_t colour_length(const char *text)
{
    return *text == '\033' ? strcspn(text, "m") + 1 : 0;
}

/* How many octets of a line fit into width columns: as a whole, or up to a space, or all of them
 * where a word is longer. */
static size_t fitting(const char *line, size_t length, size_t width)
{
    size_t columns = 0, space = 0, i = 0;

    while (i < length) {
        size_t colour = colour_length(line + i);

        if (!colour && columns == width)
            return line[i] == ' ' || !space ? i : space;
        if (line[i] == ' ')
            space = i;
        columns += colour == 0;
        i += colour ? colour : 1;
    }
    return length;
}

/* What was there goes first: behind a row as wide as the screen the cursor of many terminals, such
 * as Linux's console and xterm, stands on the last character, and would take that away. */
static void draw_row(const char *text, size_t length, int indent, FILE *out)
{
    fprintf(out, "\033[K%*s%.*s\n", indent, "", (int)length, text);
}

/* Draws the first rows of a text; with out NULL it only counts. Returns how many there are, max at
 * most. */
static size_t draw_rows(const char *text, size_t width, size_t max, FILE *out)
{
    size_t rows = 0;

    while (*text && rows < max) {
        size_t length = strcspn(text, "\n");
        int indent = 0;

        do {
            size_t n = fitting(text, length, width - (size_t)indent);

            if (out)
                draw_row(text, n, indent, out);
            text += n;
            length -= n;
            while (length && *text == ' ') {
                text++;
                length--;
            }
            indent = INDENT;
        } while (++rows < max && length);
        text += length;
        text += *text == '\n';
    }
    return rows;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The rows that each part gets. */
static void share_out(const size_t *needed, const struct screen_part *parts, size_t n, size_t rows,
                      size_t *shares)
{
    for (size_t i = 0; i < n; i++) {
        shares[i] = smaller(smaller(needed[i], parts[i].least), rows);
        rows -= shares[i];
    }
    for (size_t i = 0; i < n; i++) {
        size_t more = smaller(needed[i] - shares[i], rows);

        shares[i] += more;
        rows -= more;
    }
}

static void draw_part(const struct screen_part *part, size_t needed, size_t share, size_t width,
                      FILE *out)
{
    bool cut = part->more && share && share < needed;

    draw_rows(part->text, width, share - cut, out);
    if (!cut)
        return;
    fputs("\033[0m", out);
    draw_row(part->more, fitting(part->more, strlen(part->more), width), 0, out);
}

void screen_draw(const struct screen_part *parts, size_t n, size_t width, size_t height, FILE *out)
{
    size_t needed[SCREEN_PARTS_MAX], shares[SCREEN_PARTS_MAX];

    width = width > 2 * INDENT ? width : 2 * INDENT;
    for (size_t i = 0; i < n; i++)
        needed[i] = draw_rows(parts[i].text, width, SIZE_MAX, NULL);
    /* The last row is the cursor's. */
    share_out(needed, parts, n, height ? height - 1 : 0, shares);
    fputs("\033[H", out);
    for (size_t i = 0; i < n; i++)
        draw_part(&parts[i], needed[i], shares[i], width, out);
    fputs("\033[0m\033[J", out);
}

void screen_show(const struct screen_part *parts, size_t n, FILE *out)
{
    struct winsize size = {0};

    ioctl(fileno(out), TIOCGWINSZ, &size);
    screen_draw(parts, n, size.ws_col ? size.ws_col : WIDTH, size.ws_row ? size.ws_row : HEIGHT,
                out);
}
