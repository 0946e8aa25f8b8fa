/* SPDX-License-Identifier: ISC */
/*
 * web_result: what the web servers of a site say to its users, and whether that is good enough for
 * the state that the site is in.
 *
 * Sites check themselves from inside. Only from outside one sees a site whose port 53 answers while
 * its web port is cut off, and which therefore attracts users for ever.
 */
#ifndef PARENTGEN_CHECK_WEB_RESULT_H
#define PARENTGEN_CHECK_WEB_RESULT_H

#include "site_result.h"

enum { WEB_WORD_MAX = 24 };

/* Appends to asks, at *n, each URL at each address of a site that site_result_prepare() has filled
 * in. */
void web_result_prepare(struct site_result *result, const struct web_urls *urls,
                        struct web_ask **asks, size_t *n);

/* Reports what is wrong. The state of the site is set. A site that is not well is no fault once
 * more because of its web server. */
void web_result_examine(const struct site_result *result, const struct web_urls *urls,
                        struct report *report);

/* The worst answer of the site's addresses to a URL, by its index. */
const struct web_ask *web_result_worst(const struct site_result *result, size_t url);

/* "answered", "unreachable" … */
const char *web_outcome_name(enum web_outcome outcome);

/* For people, in a word: the status, or what there was instead. Writes WEB_WORD_MAX octets at most.
 * Returns out. */
char *web_word(const struct web_ask *ask, char *out);

/* Whether every URL is answered well at every address that this host could ask. */
bool web_result_is_well(const struct site_result *result, const struct web_urls *urls);

#endif
