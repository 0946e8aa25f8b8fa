/* SPDX-License-Identifier: ISC */
/*
 * draft: a site file that is being made. Whether it is right is asked of the reader of site files
 * itself: the draft is written to memory and loaded from there.
 */
#ifndef PARENTGEN_DRAFT_H
#define PARENTGEN_DRAFT_H

#include <stdio.h>

#include "conf/conf.h"

struct draft_site {
    char *id, *addresses; /* separated by spaces or commas */
};

/* All strings are the draft's own, but path. A zeroed draft with a path is one to begin with. */
struct draft {
    const char *path; /* the file it will be: /etc/sitens/NAME.conf */
    size_t n_sites;
    struct draft_site sites[CONF_SITES_MAX];
    char *url; /* of the check */
};

/* Puts a copy of text where *string is. Returns 0 or -ENOMEM. */
int draft_set(char **string, const char *text);

/* The delegated name, which the path says; ret_length: of it. "": the path does not end in .conf */
const char *draft_name(const struct draft *draft, size_t *ret_length);

/* Writes the site file, with comments. */
void draft_print(const struct draft *draft, FILE *out);

/* Reads what draft_print() writes, with places where something is missing filled in if it is not
 * complete. The first fault is told, without the place. Returns as conf_load(); ret may be NULL. */
int draft_load(const struct draft *draft, void (*on_fault)(const char *text), struct conf **ret);

void draft_done(struct draft *draft);

#endif
