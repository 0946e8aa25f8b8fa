/* SPDX-License-Identifier: ISC */
/*
 * options: the command line of sitens.
 */
#ifndef SITENS_CONTROL_OPTIONS_H
#define SITENS_CONTROL_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "conf/address.h"

enum { SERVER_LISTEN_MAX = 64 };

struct server_options {
    const char *site; /* --site, or NULL */
    char *const *paths;
    size_t n_paths;
    struct endpoint listen[SERVER_LISTEN_MAX];
    size_t n_listen; /* 0: the site's own addresses */
    unsigned workers;
    const char *metrics; /* the file for them; NULL: sitens.prom in the run-time directory */
    uint32_t rate;       /* answers a second to one prefix, 0: unlimited */
};

#endif
