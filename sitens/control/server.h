/* SPDX-License-Identifier: ISC */
/*
 * server: the daemon. Brings the two halves together: the threads that answer queries and the
 * control loop that watches the local web server; see docs/architecture.md.
 */
#ifndef SITENS_CONTROL_SERVER_H
#define SITENS_CONTROL_SERVER_H

#include "conf/conf.h"

enum { SERVER_LISTEN_MAX = 64 };

/* The command line. */
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

/* Serves until SIGTERM or SIGINT. Returns the exit status of the process: 0, EX_CONFIG when the
 * site files are faulty, EX_UNAVAILABLE when no address can be had, EX_OSERR. */
int server_run(const struct server_options *options);

/* Reads everything and says what would be served, on stdout. Returns the exit status. */
int server_test(const struct server_options *options);

/* Prints the zones as zone files on stdout. Returns the exit status. */
int server_print_zones(const struct server_options *options);

#endif
