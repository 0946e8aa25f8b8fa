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

#endif
