/* SPDX-License-Identifier: ISC */
/*
 * replace: a file whose content changes as a whole: readers see the old or the new, never a half.
 */
#ifndef SITENS_REPLACE_H
#define SITENS_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes text to PATH.new, which then takes the name path. durable: it is on disk before that, so
 * that it survives a crash of the machine. Returns 0 or -errno; on failure the old file stays. */
int replace_file(const char *path, const char *text, size_t length, mode_t mode, bool durable);

#endif
