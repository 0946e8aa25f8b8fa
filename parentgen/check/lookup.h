/* SPDX-License-Identifier: ISC */
/* lookup: a question to the resolvers of this host, those of resolv.conf(5). */
#ifndef PARENTGEN_CHECK_LOOKUP_H
#define PARENTGEN_CHECK_LOOKUP_H

#include "ask.h"

enum { RESOLVERS_MAX = 3 }; /* MAXNS of resolv.conf(5) */

struct resolvers {
    size_t n;
    struct endpoint at[RESOLVERS_MAX];
};

struct lookup {
    size_t n;
    struct ask asks[RESOLVERS_MAX]; /* the same question to each */
};

/* The resolvers of /etc/resolv.conf; none if it cannot be read. */
struct resolvers lookup_resolvers(void);

/* Appends the question to asks, at *n. The lookup must stay where it is, and name must live, until
 * it is answered. At most RESOLVERS_MAX are added. */
void lookup_prepare(struct lookup *lookup, const struct resolvers *resolvers, const char *name,
                    ldns_rr_type type, struct ask **asks, size_t *n);

/* The first answer of a resolver, be it that there is no such name; NULL if none gave one. A
 * referral is none: that server does not look up for others. */
const struct ask *lookup_answer(const struct lookup *lookup);

void lookup_done(struct lookup *lookup);

#endif
