/* SPDX-License-Identifier: ISC */
/*
 * value: the types that values in the site file and on the command line can have.
 *
 * Each parser takes the text and the field. It returns 0; VALUE_MALFORMED: the text is not of the
 * type; or -ENOMEM. On failure the field is untouched. Each printer writes the field in one
 * canonical form, so that two values of equal meaning print alike (the configuration's fingerprint
 * depends on it).
 */
#ifndef SITENS_CONF_VALUE_H
#define SITENS_CONF_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf.h"

/* What an option allows beyond its type, and where it stands; unused members are zero. */
struct value_bounds {
    uint32_t min, max; /* of numbers and durations, in the field's unit */
    const char *base;  /* file names are taken relative to this file's directory */
    unsigned line;     /* of base; lists keep it with each value */
    char *why;         /* NULL, or VALUE_WHY_MAX octets for what is wrong where the form is right */
};

enum { VALUE_MALFORMED = 1, VALUE_WHY_MAX = 512 };

struct value_type {
    int (*parse)(const char *text, const struct value_bounds *bounds, void *field);
    void (*print)(FILE *out, const void *field);
    void (*done)(void *field); /* NULL: nothing to release */
};

extern const struct value_type value_type_number;       /* uint32_t */
extern const struct value_type value_type_seconds;      /* uint32_t; 60, 90s, 5m, 1h, 2d */
extern const struct value_type value_type_milliseconds; /* uint32_t; 250ms, 1s; plain is s */
extern const struct value_type value_type_flag;         /* bool; yes, no */
extern const struct value_type value_type_text;         /* char *; not empty */
extern const struct value_type value_type_hostname;     /* char *; lower-cased, no final dot */
extern const struct value_type value_type_name;         /* the same; one that the DNS can hold, with
                                                            bounds->min labels or more */
extern const struct value_type value_type_path;         /* char *; made absolute by bounds->base */
extern const struct value_type value_type_path_list;    /* struct conf_list; appends */
extern const struct value_type value_type_text_list;    /* struct conf_list; appends */
extern const struct value_type value_type_addresses;    /* struct conf_addresses; appends */
extern const struct value_type value_type_status;       /* struct conf_status */
extern const struct value_type value_type_url;          /* struct conf_url */
extern const struct value_type value_type_endpoint;     /* struct endpoint; ADDRESS:PORT */
extern const struct value_type value_type_answer;       /* enum conf_answer */
extern const struct value_type value_type_withdraw;     /* enum conf_withdraw */
extern const struct value_type value_type_return;       /* enum conf_return */

/* Says in bounds->why, if there is any, what is wrong. Returns VALUE_MALFORMED. */
int value_refuse(const struct value_bounds *bounds, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A number from min to max in decimal digits. */
bool value_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret);

/* Copies text to out, size octets at most, with '?' for each control character. Returns out. */
char *value_printable(const char *text, char *out, size_t size);

/* The same for what others send, since JSON and the service manager refuse what is no UTF-8: '?'
 * stands for each octet that is no part of a character, too, and no character is cut. */
char *value_utf8(const char *text, char *out, size_t size);

/* The same, with '?' for each octet that is not printable ASCII. */
char *value_ascii(const char *text, char *out, size_t size);

#endif
