/* SPDX-License-Identifier: ISC */
/*
 * input: the files an operator writes, opened with care.
 */
#ifndef SITENS_CONF_INPUT_H
#define SITENS_CONF_INPUT_H

#include <stdio.h>

enum {
    INPUT_MAX = 1 << 20, /* octets; no file of ours comes near it */
    INPUT_WHY_MAX = 128,
};

/* Opens the regular file at path, of at most INPUT_MAX octets, for reading. It never blocks, as a
 * pipe without a writer would. NULL: why, INPUT_WHY_MAX octets, says why not. */
FILE *input_open(const char *path, char *why);

#endif
