/* SPDX-License-Identifier: ISC */
/* options: parentgen's command line. */
#ifndef PARENTGEN_OPTIONS_H
#define PARENTGEN_OPTIONS_H

#include "check/web.h"
#include "format/format.h"
#include "init.h"

enum {
    EXIT_FAULT = 1,    /* a bad site file, a lint error, a fault found by --check */
    EXIT_NOT_WELL = 3, /* --check: nothing to fix, but a site is failing or the last resort */
    EXIT_USAGE = 64,   /* EX_USAGE */
};

enum action {
    ACTION_PRINT,
    ACTION_PRINT_DS,
    ACTION_LINT,
    ACTION_CHECK,
    ACTION_GENKEY,
    ACTION_INIT
};

struct options {
    enum action action;
    const struct format *format;
    struct endpoint parent; /* address.family 0: not given */
    uint16_t port;          /* of the sites */
    struct web_urls urls;
    unsigned watch_s; /* 0: check once */
    bool json, force;
    const char *html; /* NULL, or the page to write */
    struct init_options init;
    const char *file;
};

/* Reads the command line. Exits where that is all there is to do: --help, --version, an error. */
struct options options_parse(int argc, char **argv);

#endif
