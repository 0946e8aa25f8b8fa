/* SPDX-License-Identifier: ISC */
/* genkey: a new signing key, in two files beside the site file. */
#ifndef PARENTGEN_GENKEY_H
#define PARENTGEN_GENKEY_H

#include <stdio.h>

#include "conf/conf.h"

/*
 * Makes a key (ECDSA P-256, algorithm 13, RFC 8624) for conf's name and writes it to the directory
 * of the site file: K<name>.+013+<tag>.private with mode 0600, and .key. Existing files are never
 * overwritten. Prints to out the line that adds the key to the site file, and to notes what to do
 * then, or what went wrong. Returns 0 or -errno.
 */
int genkey(const struct conf *conf, FILE *out, FILE *notes);

#endif
