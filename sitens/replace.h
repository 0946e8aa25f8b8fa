/* SPDX-License-Identifier: ISC */
/*
 * replace: a file whose content changes as a whole: readers see the old or the new, never a half.
 *
 * Threads: any.
 */
#ifndef SITENS_REPLACE_H
#define SITENS_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How a file is kept. */
struct replace_options {
    mode_t mode;   /* whatever the umask is */
    bool durable;  /* the new content is on disk before it takes the name: it survives a crash */
    bool fresh;    /* an old text is worse than none: what cannot be replaced is removed */
    bool only_new; /* nothing is replaced: -EEXIST where there is a file */
};

/* Writes text to PATH.new, which then takes the name path. Waits for the file system. Returns 0 or
 * -errno; on failure the old file stays, unless it has to be fresh. */
int replace_file(const char *path, const char *text, size_t length,
                 const struct replace_options *options);

/*
 * A thread that writes files, so that nobody waits for a file system that hangs. A file that cannot
 * be written is tried again each second; that, and when it has succeeded again, is logged once.
 */
struct replacer;

/* Returns NULL without memory or threads. */
struct replacer *replacer_new(void);

/* Has the file written: of several texts for one path the last is, the others may be. What is
 * passed is copied. */
void replacer_put(struct replacer *replacer, const char *path, const char *text, size_t length,
                  const struct replace_options *options);

/* Has the file removed; it need not exist. */
void replacer_remove(struct replacer *replacer, const char *path);

/* Reads the file, size octets at most, into text. Waits a second at most. Returns the number of
 * octets or -errno, -ETIMEDOUT where the file system does not answer. */
ssize_t replacer_read(struct replacer *replacer, const char *path, char *text, size_t size);

/* Finishes what was asked for, within half a second or not at all. NULL is allowed. */
void replacer_free(struct replacer *replacer);

#endif
