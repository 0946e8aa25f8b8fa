/* SPDX-License-Identifier: ISC */
/*
 * zone_print: a zone as a zone file that every nameserver reads.
 */
#ifndef SITENS_DNS_ZONE_PRINT_H
#define SITENS_DNS_ZONE_PRINT_H

#include <stdio.h>

#include "version.h"

/* Writes a version of a zone, with its signatures. Data whose text would be read as something else
 * is written as RFC 3597 section 5 has it, \# LENGTH HEX. */
void zone_print(FILE *out, const struct version *version);

#endif
