/* SPDX-License-Identifier: ISC */
/*
 * failover: how long, at worst, users are sent to a site whose web server has stopped.
 *
 * It depends on the policy: how the site withdraws, and whether others give its addresses too,
 * which have to learn of it first.
 */
#ifndef PARENTGEN_CHECK_FAILOVER_H
#define PARENTGEN_CHECK_FAILOVER_H

#include <jansson.h>
#include <stdio.h>

#include "conf/conf.h"

struct failover {
    unsigned detection_ms; /* from the fault until the site withdraws: the slowest check */
    unsigned takeover_ms;  /* then until no other site gives its addresses; 0: none does */
    unsigned ttl_ms;       /* what resolvers and browsers may keep */
    unsigned retry_ms;     /* what a resolver loses with the site; 0: it answers with others */
};

struct failover failover_of(const struct conf *conf);

/* One line. */
void failover_print(const struct conf *conf, FILE *out);

json_t *failover_json(const struct conf *conf);

#endif
