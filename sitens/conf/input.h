/* SPDX-License-Identifier: ISC */
/*
 * input: the files an operator writes, opened with care.
 */
#ifndef SITENS_CONF_INPUT_H
#define SITENS_CONF_INPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    INPUT_MAX = 1 << 20, /* octets; no file of ours comes near it */
    INPUT_WHY_MAX = 128,
};

/* Reads the regular file at path, of at most INPUT_MAX octets, whole, and returns a stream of what
 * was read: what reads that cannot take a file that failed half-way (EIO, a network file system)
 * for one that ends there. It never blocks, as a pipe without a writer would. ret_st: what the file
 * was when it was read; NULL is allowed. NULL: why, INPUT_WHY_MAX octets, says why not, and errno
 * is set. */
FILE *input_open(const char *path, struct stat *ret_st, char *why);

/* Whether error, an errno, is no fault of a file: this host lacks memory or descriptors. */
bool input_is_shortage(int error);

#endif
