/* SPDX-License-Identifier: ISC */
#include "inifile.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* libinih keeps section names in 50 octets and cuts what is longer. */
enum { SECTION_NAME_MAX = 48 };

enum { INI_NO_MEMORY = -2 }; /* what ini_parse_stream() returns then */

struct source {
    FILE *in;
    const struct inifile_events *events;
    void *userdata;
    char *line; /* getline's buffer */
    size_t line_size;
    unsigned number;        /* of the line handed out last */
    unsigned section_line;  /* where the current section begins; 0 before the first */
    bool section_announced; /* on_section was called for it */
    bool awaiting_key;      /* the line handed out last must lead to on_key */
};

static void fault(struct source *s, unsigned line, const char *text)
{
    s->events->on_fault(s->userdata, line, text);
}

/* What can only be known when the next line, or the end, has been reached. */
static void settle(struct source *s)
{
    if (s->awaiting_key)
        fault(s, s->number, "neither `[section]` nor `key = value`");
    s->awaiting_key = false;
}

static void end_section(struct source *s)
{
    if (s->section_line && !s->section_announced)
        fault(s, s->section_line, "the section is empty");
}

static void begin_section(struct source *s, const char *header)
{
    const char *end = strchr(header, ']');

    end_section(s);
    s->section_line = s->number;
    s->section_announced = false;
    if (!end)
        fault(s, s->number, "the section header has no `]`");
    else if (end - header > SECTION_NAME_MAX)
        fault(s, s->number, "the section name is longer than 47 octets");
    else if (end[1 + strspn(end + 1, " \t")] != '\0' &&
             !strchr(";#", end[1 + strspn(end + 1, " \t")]))
        fault(s, s->number, "text after the section header");
}

/* The line in the buffer without indentation, line end and byte order mark, or "" when libinih has
 * no business with it. */
static const char *present_line(struct source *s, size_t length, int capacity)
{
    char *text = s->line;

    if (strlen(text) != length) {
        fault(s, s->number, "a NUL octet: this is not a text file");
        return "";
    }
    if (s->number == 1 && !strncmp(text, "\xef\xbb\xbf", 3))
        text += 3;
    text[strcspn(text, "\r\n")] = '\0';
    /* An indented line would be taken as a continuation of the value before. */
    text += strspn(text, " \t\v\f");
    if (*text == '\0' || *text == ';' || *text == '#')
        return "";
    if (strlen(text) + 2 > (size_t)capacity) {
        fault(s, s->number, "the line is longer than 198 octets");
        return "";
    }
    if (*text == '[')
        begin_section(s, text);
    else
        s->awaiting_key = true;
    return text;
}

/* libinih's reader: like fgets(). */
static char *next_line(char *buffer, int capacity, void *userdata)
{
    struct source *s = userdata;
    ssize_t length;

    settle(s);
    length = getline(&s->line, &s->line_size, s->in);
    if (length < 0)
        return NULL;
    s->number++;
    snprintf(buffer, (size_t)capacity, "%s\n", present_line(s, (size_t)length, capacity));
    return buffer;
}

static int on_pair(void *userdata, const char *section, const char *key, const char *value)
{
    struct source *s = userdata;

    s->awaiting_key = false;
    if (!s->section_announced)
        s->events->on_section(s->userdata, s->section_line, section);
    s->section_announced = true;
    s->events->on_key(s->userdata, s->number, key, value);
    return 1;
}

int inifile_read(FILE *in, const struct inifile_events *events, void *userdata)
{
    struct source s = {.in = in, .events = events, .userdata = userdata};
    /* What is above 0 names the first faulty line only; settle() has reported all of them. */
    int r = ini_parse_stream(next_line, &s, on_pair, &s);
    bool whole = feof(in) || ferror(in);

    if (ferror(in))
        fault(&s, 0, "cannot be read to its end");
    end_section(&s);
    free(s.line);
    return r == INI_NO_MEMORY || !whole ? -ENOMEM : 0;
}
