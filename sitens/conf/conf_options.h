/* SPDX-License-Identifier: ISC */
/*
 * conf_options: the one table of everything that can stand in a site file.
 *
 * A row names an option's section, type, bounds, default and what to tell the user when a value is
 * wrong. Reading, defaults, fingerprint and release all walk that table; an option is added by
 * adding one row and one struct member.
 */
#ifndef SITENS_CONF_CONF_OPTIONS_H
#define SITENS_CONF_CONF_OPTIONS_H

#include "conf.h"
#include "value.h"

enum { CONF_OPTIONS_MAX = 64 };

enum section { SECTION_NONE, SECTION_ZONE, SECTION_SITE, SECTION_CHECK, SECTION_POLICY };

struct conf_option {
    enum section section;
    const char *key;
    const struct value_type *type;
    size_t offset; /* of the field in the section's struct */
    uint32_t min, max;
    bool many;            /* may be repeated */
    const char *fallback; /* the default as the user would write it; NULL: none, or set by a rule */
    const char *allowed;  /* completes "must be" */
};

/* The rows; *ret_n is at most CONF_OPTIONS_MAX. */
const struct conf_option *conf_options(size_t *ret_n);

/* The name of a section, "" for SECTION_NONE. */
const char *conf_section_name(enum section section);

/* The field of target, a struct of the option's section, that the option fills. */
void *conf_option_field(const struct conf_option *option, void *target);

/* Fills target, a zeroed struct of that section, with the defaults. Returns 0 or -ENOMEM. */
int conf_options_set_defaults(enum section section, void *target);

/* Frees what the fields of target own. */
void conf_options_release(enum section section, void *target);

/* The first 32 bits of the SHA-256 of every option of conf in canonical form; never 0. Returns 0 or
 * -ENOMEM. */
int conf_options_fingerprint(struct conf *conf, uint32_t *ret);

#endif
