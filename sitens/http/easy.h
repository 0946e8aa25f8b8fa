/* SPDX-License-Identifier: ISC */
/*
 * easy: what every request of the kit has in common, the check's and that of parentgen --url: one
 * new connection to an address that is given, without proxy, redirect or lookup of a name; and
 * what libcurl says of this host, not of the server.
 */
#ifndef SITENS_HTTP_EASY_H
#define SITENS_HTTP_EASY_H

#include <curl/curl.h>
#include <stdbool.h>

struct easy_faults {
    int open; /* errno of the socket that could not be opened: libcurl keeps it to itself */
    char text[CURL_ERROR_SIZE];
};

/* Sets the rules; faults outlives the transfer. Returns whether there was memory for them. */
bool easy_set_rules(CURL *easy, const char *user_agent, struct easy_faults *faults);

/* Whether a transfer ended for want of memory. */
bool easy_lacked_memory(CURL *easy, CURLcode result);

/* Whether a transfer ended at a header line beyond libcurl's own limit. */
bool easy_had_long_header(CURL *easy, CURLcode result);

#endif
