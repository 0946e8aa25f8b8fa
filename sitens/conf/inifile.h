/* SPDX-License-Identifier: ISC */
/*
 * inifile: an INI file read by libinih, with the line numbers and the strictness it lacks.
 *
 * libinih cuts long lines and long section names, joins indented lines to the key before, forgets
 * empty sections and merges repeated ones, all without a word. This wrapper feeds it line by line
 * so that each of these is either harmless or a reported fault.
 */
#ifndef SITENS_CONF_INIFILE_H
#define SITENS_CONF_INIFILE_H

#include <stdio.h>

struct inifile_events {
    /* A section with at least one key begins; name is "" for keys before the first section. */
    void (*on_section)(void *userdata, unsigned line, const char *name);
    /* A key of the section announced last. */
    void (*on_key)(void *userdata, unsigned line, const char *key, const char *value);
    /* A fault of syntax; text is complete but for the place. line is 0 for the whole file. */
    void (*on_fault)(void *userdata, unsigned line, const char *text);
};

/* Reads all of in. Strings passed to the events are valid only during the call. Returns 0 or
 * -ENOMEM; faults of the file are events. */
int inifile_read(FILE *in, const struct inifile_events *events, void *userdata);

#endif
