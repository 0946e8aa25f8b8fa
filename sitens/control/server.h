/* SPDX-License-Identifier: ISC */
/*
 * server: the daemon. Brings the two halves together: the threads that answer queries and the
 * control loop that watches the local web server; see docs/architecture.md.
 */
#ifndef SITENS_CONTROL_SERVER_H
#define SITENS_CONTROL_SERVER_H

#include "options.h"

/* Serves until SIGTERM or SIGINT. Returns the exit status of the process: 0, EX_CONFIG when the
 * site files are faulty, EX_UNAVAILABLE when no address can be had, EX_OSERR. */
int server_run(const struct server_options *options);

#endif
