/* SPDX-License-Identifier: ISC */
/*
 * survey: asks the parent zone and every site, side by side, and compares what they say with the
 * site file.
 */
#ifndef PARENTGEN_CHECK_SURVEY_H
#define PARENTGEN_CHECK_SURVEY_H

#include "parent_result.h"

enum survey_scope {
    SURVEY_SITES, /* only the sites */
    SURVEY_ALL,   /* and the parent zone */
};

struct survey_request {
    enum survey_scope scope;
    struct expectation expected;
    struct endpoint parent;  /* address.family 0: find the parent's name servers */
    uint16_t port;           /* of the sites */
    struct web_urls urls;    /* what the sites' web servers are asked for, if anything */
    unsigned timeout_ms;     /* of each of at most three rounds of questions, and of verifying */
    unsigned web_timeout_ms; /* of asking for the URLs */
    ask_progress_fn on_progress; /* or NULL */
};

/* What a survey found. Sites are in the order of the site file. */
struct survey {
    struct survey_request request;
    struct site_result *sites;
    size_t n_parents;
    struct parent_result *parents;
    struct report report;
};

/* Runs a survey. What request points to must outlive it. Returns 0 or -ENOMEM. Free with
 * survey_free(). */
int survey_run(const struct survey_request *request, struct survey **ret);

/* NULL is allowed. */
void survey_free(struct survey *survey);

/* How many sites are not well: failing, or answering as the last resort. */
size_t survey_count_not_well(const struct survey *survey);

/* Whether every site serves all keys of the site file. If not, *ret_site is the first that is not
 * seen to. */
bool survey_keys_are_served(const struct survey *survey, const struct site_result **ret_site);

#endif
