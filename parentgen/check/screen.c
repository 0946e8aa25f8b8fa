/* SPDX-License-Identifier: ISC */
#include "screen.h"

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

static void draw_row(const char *text, size_t length, int indent, FILE *out)
{
    fprintf(out, "%*s%.*s\033[K\n", indent, "", (int)length, text);
}

void screen_draw(const char *text, size_t width, size_t height, FILE *out)
{
    size_t rows = 1; /* the cursor's */

    width = width > 2 * INDENT ? width : 2 * INDENT;
    fputs("\033[H", out);
    while (*text && rows < height) {
        size_t length = strcspn(text, "\n");
        int indent = 0;

        do {
            size_t n = fitting(text, length, width - (size_t)indent);

            draw_row(text, n, indent, out);
            text += n;
            length -= n;
            while (length && *text == ' ') {
                text++;
                length--;
            }
            indent = INDENT;
        } while (length && ++rows < height);
        text += length;
        text += *text == '\n';
        rows++;
    }
    fputs("\033[0m\033[J", out);
}

void screen_show(const char *text, FILE *out)
{
    struct winsize size = {0};

    ioctl(fileno(out), TIOCGWINSZ, &size);
    screen_draw(text, size.ws_col ? size.ws_col : WIDTH, size.ws_row ? size.ws_row : HEIGHT, out);
}
