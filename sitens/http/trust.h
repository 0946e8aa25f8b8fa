/* SPDX-License-Identifier: ISC */
/*
 * trust: the files and directories that certificates to be trusted are in.
 *
 * Those that libcurl reads by default, the ca-files of checks, and what the links in the directory
 * of hashed names lead to, wherever that is and over however many other links: a CA of one's own
 * may well be kept in /opt or /srv. They are remembered as they were at the start, since the
 * confinement allows just those: one that was replaced would be out of reach, and libcurl keeps
 * what it has read of the bundle.
 */
#ifndef SITENS_HTTP_TRUST_H
#define SITENS_HTTP_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { TRUST_MAX = 512 }; /* paths; links beyond that are not followed */

struct trust {
    const char *bundle, *directory; /* of libcurl; NULL: it has none */
    size_t n;
    struct trust_path {
        char *path;
        struct stat was; /* zeroed: it was not there */
    } at[TRUST_MAX];
};

/* Remembers everything. */
void trust_read(struct trust *trust, char *const *ca_files);

/* Whether something is another one than it was, or has changed. */
bool trust_changed(const struct trust *trust);

/* A path that we have the permission to read, but are kept from: by the confinement. NULL: none. */
const char *trust_refused(const struct trust *trust);

#endif
