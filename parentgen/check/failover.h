/* SPDX-License-Identifier: ISC */
/* failover: how long, at worst, users are sent to a site whose web server has stopped. */
#ifndef PARENTGEN_CHECK_FAILOVER_H
#define PARENTGEN_CHECK_FAILOVER_H

#include <jansson.h>
#include <stdio.h>

#include "conf/conf.h"

struct failover {
    unsigned detection_ms; /* from the fault to silence: the slowest check */
    unsigned takeover_ms;  /* from silence to a standby that answers; 0: all sites serve */
    unsigned ttl_ms;       /* what resolvers and browsers may keep */
    unsigned retry_ms;     /* what a resolver loses with the site that is silent */
};

struct failover failover_of(const struct conf *conf);

/* One line. */
void failover_print(const struct conf *conf, FILE *out);

json_t *failover_json(const struct conf *conf);

#endif
