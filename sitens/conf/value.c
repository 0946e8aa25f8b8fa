/* SPDX-License-Identifier: ISC */
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "special.h"

int value_refuse(const struct value_bounds *b, const char *format, ...)
{
    va_list args;

    if (b && b->why) {
        va_start(args, format);
        vsnprintf(b->why, VALUE_WHY_MAX, format, args);
        va_end(args);
    }
    return VALUE_MALFORMED;
}

bool value_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
    char *end;
    unsigned long long n;

    if (!isdigit((unsigned char)text[0]) || strlen(text) > 10)
        return false;
    n = strtoull(text, &end, 10);
    if (*end != '\0' || n < min || n > max)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static int number_parse(const char *text, const struct value_bounds *b, void *field)
{
    return value_number(text, b->min, b->max, field) ? 0 : VALUE_MALFORMED;
}

static void number_print(FILE *out, const void *field)
{
    fprintf(out, "%u", *(const uint32_t *)field);
}

const struct value_type value_type_number = {number_parse, number_print, NULL};

/* A count of units; ticks_per_second is 1 where the field holds seconds and 1000 where it holds
 * milliseconds. */
static bool duration(const char *text, const struct value_bounds *b, unsigned ticks_per_second,
                     uint32_t *ret)
{
    static const struct {
        const char *suffix;
        unsigned seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    unsigned long long n, scale = 0;

    if (!isdigit((unsigned char)text[0]) || strspn(text, "0123456789") > 10)
        return false;
    n = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(end, units[i].suffix))
            scale = (unsigned long long)units[i].seconds * ticks_per_second;
    if (!strcmp(end, "ms") && ticks_per_second == 1000)
        scale = 1;
    if (!scale || n * scale < b->min || n * scale > b->max)
        return false;
    *ret = (uint32_t)(n * scale);
    return true;
}

static int seconds_parse(const char *text, const struct value_bounds *b, void *field)
{
    return duration(text, b, 1, field) ? 0 : VALUE_MALFORMED;
}

static int milliseconds_parse(const char *text, const struct value_bounds *b, void *field)
{
    return duration(text, b, 1000, field) ? 0 : VALUE_MALFORMED;
}

const struct value_type value_type_seconds = {seconds_parse, number_print, NULL};
const struct value_type value_type_milliseconds = {milliseconds_parse, number_print, NULL};

static int flag_parse(const char *text, const struct value_bounds *b, void *field)
{
    (void)b;
    if (strcmp(text, "yes") && strcmp(text, "no"))
        return VALUE_MALFORMED;
    *(bool *)field = !strcmp(text, "yes");
    return 0;
}

static void flag_print(FILE *out, const void *field)
{
    fputs(*(const bool *)field ? "yes" : "no", out);
}

const struct value_type value_type_flag = {flag_parse, flag_print, NULL};

/* Makes text, which is owned from now on, the string in field. NULL: there was no memory for it. */
static int replace(char *text, void *field)
{
    if (!text)
        return -ENOMEM;
    free(*(char **)field);
    *(char **)field = text;
    return 0;
}

static int text_parse(const char *text, const struct value_bounds *b, void *field)
{
    (void)b;
    return *text ? replace(strdup(text), field) : VALUE_MALFORMED;
}

static void text_print(FILE *out, const void *field)
{
    char *const *text = field;

    fputs(*text ? *text : "", out);
}

static void text_done(void *field)
{
    free(*(char **)field);
}

const struct value_type value_type_text = {text_parse, text_print, text_done};

static int hostname_parse(const char *text, const struct value_bounds *b, void *field)
{
    size_t length = strlen(text);
    char *copy;

    (void)b;
    if (length > 1 && text[length - 1] == '.')
        length--;
    if (!name_is_well_formed(text, length))
        return VALUE_MALFORMED;
    copy = strndup(text, length);
    for (char *c = copy; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return replace(copy, field);
}

const struct value_type value_type_hostname = {hostname_parse, text_print, text_done};

static int check_name(const char *name, const struct value_bounds *b)
{
    const char *objection = name_objection(name);
    const struct special *special = special_name(name);

    if (objection)
        return value_refuse(b, "%s", objection);
    if (name_labels(name) < b->min)
        return value_refuse(b, "must be written in full, with its domain, such as %s.example.org",
                            name);
    if (special && special->kind == SPECIAL_NEVER)
        return value_refuse(b, "`%s` is %s", special->entry, special->what);
    return 0;
}

static int name_parse(const char *text, const struct value_bounds *b, void *field)
{
    char *name = NULL;
    int r = hostname_parse(text, b, &name);

    if (r == 0)
        r = check_name(name, b);
    if (r == 0)
        return replace(name, field);
    free(name);
    return r;
}

const struct value_type value_type_name = {name_parse, text_print, text_done};

static char *resolve_path(const char *text, const char *base)
{
    const char *slash = base ? strrchr(base, '/') : NULL;
    char *joined;

    if (text[0] == '/' || !slash)
        return strdup(text);
    if (asprintf(&joined, "%.*s/%s", (int)(slash - base), base, text) < 0)
        return NULL;
    return joined;
}

static int path_parse(const char *text, const struct value_bounds *b, void *field)
{
    return *text ? replace(resolve_path(text, b->base), field) : VALUE_MALFORMED;
}

/* Only the last component: the directory differs between a site and a workstation. */
static void path_print(FILE *out, const void *field)
{
    char *const *path = field;
    const char *slash = *path ? strrchr(*path, '/') : NULL;

    fputs(slash ? slash + 1 : *path ? *path : "", out);
}

const struct value_type value_type_path = {path_parse, path_print, text_done};

/* text is owned from now on, as in replace(). */
static int list_append(struct conf_list *list, char *text, unsigned line)
{
    if (!text)
        return -ENOMEM;
    if (list->n == CONF_LIST_MAX) {
        free(text);
        return VALUE_MALFORMED;
    }
    list->line[list->n] = line;
    list->at[list->n++] = text;
    return 0;
}

static int path_list_parse(const char *text, const struct value_bounds *b, void *field)
{
    return *text ? list_append(field, resolve_path(text, b->base), b->line) : VALUE_MALFORMED;
}

static int text_list_parse(const char *text, const struct value_bounds *b, void *field)
{
    return *text ? list_append(field, strdup(text), b->line) : VALUE_MALFORMED;
}

static void path_list_print(FILE *out, const void *field)
{
    const struct conf_list *list = field;

    for (size_t i = 0; i < list->n; i++) {
        path_print(out, &list->at[i]);
        fputc('\n', out);
    }
}

static void text_list_print(FILE *out, const void *field)
{
    const struct conf_list *list = field;

    for (size_t i = 0; i < list->n; i++)
        fprintf(out, "%s\n", list->at[i]);
}

static void list_done(void *field)
{
    struct conf_list *list = field;

    while (list->n)
        free(list->at[--list->n]);
}

const struct value_type value_type_path_list = {path_list_parse, path_list_print, list_done};
const struct value_type value_type_text_list = {text_list_parse, text_list_print, list_done};

/* The index of text among n choices; n: it is none of them. */
static size_t choice_find(const char *text, const char *const *choices, size_t n)
{
    size_t i = 0;

    while (i < n && strcmp(text, choices[i]))
        i++;
    return i;
}

/* Defines value_type_NAME of enum conf_NAME, whose values are written as these texts. */
#define CHOICE(name, ...)                                                                          \
    static const char *const name##_choices[] = {__VA_ARGS__};                                     \
                                                                                                   \
    static int name##_parse(const char *text, const struct value_bounds *b, void *field)           \
    {                                                                                              \
        size_t n = sizeof name##_choices / sizeof *name##_choices;                                 \
        size_t found = choice_find(text, name##_choices, n);                                       \
                                                                                                   \
        (void)b;                                                                                   \
        if (found == n)                                                                            \
            return VALUE_MALFORMED;                                                                \
        *(enum conf_##name *)field = (enum conf_##name)found;                                      \
        return 0;                                                                                  \
    }                                                                                              \
                                                                                                   \
    static void name##_print(FILE *out, const void *field)                                         \
    {                                                                                              \
        fputs(name##_choices[*(const enum conf_##name *)field], out);                              \
    }                                                                                              \
                                                                                                   \
    const struct value_type value_type_##name = {name##_parse, name##_print, NULL}

CHOICE(answer, [CONF_ANSWER_OWN] = "own", [CONF_ANSWER_SERVING] = "serving");
CHOICE(withdraw, [CONF_WITHDRAW_SILENT] = "silent", [CONF_WITHDRAW_SERVFAIL] = "servfail",
       [CONF_WITHDRAW_HAND_OVER] = "hand-over");
CHOICE(return, [CONF_RETURN_AUTOMATIC] = "automatic", [CONF_RETURN_MANUAL] = "manual");

static bool is_no_control(unsigned char c)
{
    return !iscntrl(c);
}

static bool is_ascii(unsigned char c)
{
    return c >= ' ' && c <= '~';
}

static char *copy(const char *text, char *out, size_t size, bool (*is_kept)(unsigned char))
{
    size_t i;

    for (i = 0; text[i] && i + 1 < size; i++)
        out[i] = (char)(is_kept((unsigned char)text[i]) ? text[i] : '?');
    out[i] = '\0';
    return out;
}

char *value_printable(const char *text, char *out, size_t size)
{
    return copy(text, out, size, is_no_control);
}

/* The length of the character that s begins with (RFC 3629), or 0 if there is none. */
static size_t character(const char *s)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t more = 0; more < sizeof forms / sizeof *forms; more++) {
        uint32_t code = (unsigned char)*s & (uint32_t)~forms[more].mask & 0xff;

        if (((unsigned char)*s & forms[more].mask) != forms[more].lead)
            continue;
        for (size_t i = 1; i <= more; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (s[i] & 0x3f);
        }
        return code >= forms[more].least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
                   ? more + 1
                   : 0;
    }
    return 0;
}

/* Of C0 and C1, U+0080 to U+009F. */
static bool is_control(const char *s, size_t length)
{
    unsigned char first = (unsigned char)s[0], second = (unsigned char)s[length - 1];

    return (length == 1 && (first < 0x20 || first == 0x7f)) ||
           (length == 2 && first == 0xc2 && second < 0xa0);
}

char *value_utf8(const char *text, char *out, size_t size)
{
    size_t used = 0, length;

    for (; *text; text += length ? length : 1) {
        length = character(text);
        if (used + (length ? length : 1) >= size)
            break;
        if (!length || is_control(text, length))
            out[used++] = '?';
        else
            used = (size_t)((char *)mempcpy(out + used, text, length) - out);
    }
    out[used] = '\0';
    return out;
}

char *value_ascii(const char *text, char *out, size_t size)
{
    return copy(text, out, size, is_ascii);
}
