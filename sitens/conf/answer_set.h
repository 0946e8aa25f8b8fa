/* SPDX-License-Identifier: ISC */
/*
 * answer_set: whose addresses a site answers with at the apex.
 *
 * A set of (site, family) pairs, bit i being conf->sites[i]. The gate decides it, the zone is made
 * from it, metrics and state files show it. A bit is set only where the site has addresses of that
 * family, so that equal sets mean equal answers, and an empty set means no address at all.
 */
#ifndef SITENS_CONF_ANSWER_SET_H
#define SITENS_CONF_ANSWER_SET_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "conf.h"

struct answer_set {
    uint64_t v4, v6;
};

static_assert(CONF_SITES_MAX <= 64, "one bit for each site");

static inline bool answer_set_is_empty(struct answer_set set)
{
    return !set.v4 && !set.v6;
}

static inline bool answer_set_equal(struct answer_set a, struct answer_set b)
{
    return a.v4 == b.v4 && a.v6 == b.v6;
}

static inline struct answer_set answer_set_union(struct answer_set a, struct answer_set b)
{
    return (struct answer_set){a.v4 | b.v4, a.v6 | b.v6};
}

/* Whether the addresses of that site (its index in conf) and family (AF_INET, AF_INET6) are given.
 */
static inline bool answer_set_has(struct answer_set set, size_t site, int family)
{
    return (family == AF_INET6 ? set.v6 : set.v4) >> site & 1;
}

/* Whether any address of that site is given. */
static inline bool answer_set_has_site(struct answer_set set, size_t site)
{
    return (set.v4 | set.v6) >> site & 1;
}

/* Every address of one site of conf. */
static inline struct answer_set answer_set_of_site(const struct conf *conf, size_t site)
{
    const struct conf_addresses *addresses = &conf->sites[site].address;
    struct answer_set set = {0};

    for (size_t i = 0; i < addresses->n; i++)
        *(addresses->at[i].family == AF_INET6 ? &set.v6 : &set.v4) |= UINT64_C(1) << site;
    return set;
}

#endif
