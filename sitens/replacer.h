/* SPDX-License-Identifier: ISC */
/*
 * replacer: a thread that writes files, so that nobody waits for a file system that hangs. A file
 * that cannot be written is tried again each second; that, and when it has succeeded again, is
 * logged once.
 *
 * Threads: one at a time.
 */
#ifndef SITENS_REPLACER_H
#define SITENS_REPLACER_H

#include "replace.h"

struct replacer;

/* Returns NULL without memory or threads. */
struct replacer *replacer_new(void);

/* Has the file written: of several texts for one path the last is, the others may be. What is
 * passed is copied. Returns false without memory: then it is not; that was logged. */
bool replacer_put(struct replacer *replacer, const char *path, const char *text, size_t length,
                  const struct replace_options *options);

/* Has the file removed; it need not exist. Returns as replacer_put(). */
bool replacer_remove(struct replacer *replacer, const char *path);

/* Reads the file, size octets at most, into text. Waits wait_ms at most. Returns the number of
 * octets or -errno, -ETIMEDOUT where the file system has not answered yet: the next call goes on
 * with that. */
ssize_t replacer_read(struct replacer *replacer, const char *path, char *text, size_t size,
                      int wait_ms);

/* Finishes what was asked for, within half a second or not at all. NULL is allowed. */
void replacer_free(struct replacer *replacer);

#endif
