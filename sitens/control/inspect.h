/* SPDX-License-Identifier: ISC */
/*
 * inspect: the modes of the program that read everything and serve nothing.
 */
#ifndef SITENS_CONTROL_INSPECT_H
#define SITENS_CONTROL_INSPECT_H

#include "options.h"

/* Reads everything and says what would be served, on stdout. Returns the exit status. */
int inspect_test(const struct server_options *options);

/* Prints the zones as zone files on stdout. Returns the exit status. */
int inspect_print_zones(const struct server_options *options);

#endif
