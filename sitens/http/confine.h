/* SPDX-License-Identifier: ISC */
/*
 * confine: gives up, for good, what requests do not need.
 *
 * sitens-http runs as the user of sitens. So that whoever breaks it by HTTP or TLS gains nothing,
 * it can read no file but libraries, OpenSSL's configuration and certificates, and write none; make
 * no system call but those that libcurl and OpenSSL need, so start no process and trace none,
 * signal nobody, and listen nowhere; and be traced by nobody. Its memory and descriptors are
 * limited.
 */
#ifndef SITENS_HTTP_CONFINE_H
#define SITENS_HTTP_CONFINE_H

#include <stddef.h>

#include "trust.h"

/* Limits what it may use up. */
void confine_resources(void);

/*
 * Files, by Landlock in the best version that the kernel has; and system calls, by a filter. Each
 * appends to lacks, a text of size octets, what the kernel refuses. The first returns Landlock's
 * version, 0 if it does not work.
 */
unsigned confine_files(const struct trust *trust, char *lacks, size_t size);
void confine_calls(char *lacks, size_t size);

#endif
