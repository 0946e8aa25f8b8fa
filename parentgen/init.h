/* SPDX-License-Identifier: ISC */
/* init: the first site file, from answers or from options. */
#ifndef PARENTGEN_INIT_H
#define PARENTGEN_INIT_H

#include "draft.h"

/* What the options say. */
struct init_options {
    size_t n_sites;
    const char *sites[CONF_SITES_MAX]; /* ID=ADDRESS[,ADDRESS] */
    const char *url;                   /* NULL: not given */
};

/*
 * Makes a sound draft of what will be path: of the options if there is a site among them, else of
 * what the terminal answers. Returns 0, with a draft for draft_done(), or the status to exit with:
 * why has been told.
 */
int init_ask(const char *path, const struct init_options *options, struct draft *ret);

/* Writes the draft to its file, which must not exist: whole or not at all. Says what to do next.
 * Returns 0 or the status to exit with. */
int init_write(const struct draft *draft);

#endif
