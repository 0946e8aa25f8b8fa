/* SPDX-License-Identifier: ISC */
/*
 * site_answers: whose addresses a site gives, what state that shows, and whether its policy allows
 * it. What a site answers when is decided by health/gate.c; this is the same seen from outside.
 *
 * Pure: records and the site file go in.
 */
#ifndef PARENTGEN_CHECK_SITE_ANSWERS_H
#define PARENTGEN_CHECK_SITE_ANSWERS_H

#include <ldns/ldns.h>

#include "conf/answer_set.h"
#include "site_result.h"

/* What a site answers at the apex. */
struct site_answers {
    const struct conf *conf;
    size_t self;             /* its index in conf */
    bool marked;             /* as not ready (EDE 14) */
    struct answer_set asked; /* the families that it answered: all bits or none */
    struct answer_set given; /* the sites of which every address came */
    bool foreign;            /* an address came of which the site has not given all the others */
};

/* Takes the A (AF_INET) or AAAA (AF_INET6) records of an answer into account. */
void site_answers_add(struct site_answers *answers, int family, const ldns_rr_list *records);

/* The state that they show: serving, standby, last-resort or failing. */
enum site_state site_answers_state(const struct site_answers *answers);

/* Whether the site file lets a site give those in some state of the others. */
bool site_answers_are_right(const struct site_answers *answers);

/* The sites whose addresses it may give, one bit each as in struct answer_set. */
uint64_t site_answers_allowed(const struct site_answers *answers);

#endif
