/* SPDX-License-Identifier: ISC */
/*
 * confine: gives up, for good, what a request does not need.
 *
 * sitens-http runs as the user of sitens. So that whoever breaks it by HTTP or TLS gains nothing,
 * it can read no file from then on but programs, libraries and certificates, write none, and trace
 * no other process: not the keys, and not sitens, which has them in memory (Linux: Landlock).
 */
#ifndef SITENS_HTTP_CONFINE_H
#define SITENS_HTTP_CONFINE_H

/* ca_file may still be read; it may be NULL. A kernel that cannot do this is as good as before. */
void confine(const char *ca_file);

#endif
