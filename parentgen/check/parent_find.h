/* SPDX-License-Identifier: ISC */
/* parent_find: who serves the parent zone, as this host's resolvers tell it. */
#ifndef PARENTGEN_CHECK_PARENT_FIND_H
#define PARENTGEN_CHECK_PARENT_FIND_H

#include "parent_result.h"

enum {
    PARENT_NAMES_MAX = 13, /* more do not fit into 512 octets, and nobody has more */
    PARENT_FIND_ASKS = (1 + 2 * PARENT_NAMES_MAX) * RESOLVERS_MAX,
};

struct parent_find;

/* NULL if there is no memory. Frees with parent_find_free(), which allows NULL. */
struct parent_find *parent_find_new(void);
void parent_find_free(struct parent_find *find);

/* First round: appends to asks, at *n, the question for the name servers of the zone parent. */
void parent_find_servers(struct parent_find *find, const struct resolvers *resolvers,
                         const char *parent, struct ask **asks, size_t *n);

/* Second round: the questions for the addresses of those that were found. */
void parent_find_addresses(struct parent_find *find, const struct resolvers *resolvers,
                           struct ask **asks, size_t *n);

/* Fills in at and where of a result for each address, PARENT_SERVERS_MAX at most; reports if there
 * are none. */
void parent_find_results(const struct parent_find *find, struct parent_result *results,
                         size_t *ret_n, struct report *report);

/* The same for the one server that the user has given. */
void parent_find_given(const struct endpoint *at, struct parent_result *results, size_t *ret_n);

#endif
