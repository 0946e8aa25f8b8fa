/* SPDX-License-Identifier: ISC */
/*
 * queries: the mix of queries that the generator sends, and the check of what comes back.
 *
 * All queries of a mix have the same length, so that the kernel can cut one large send into many
 * datagrams. The message ID tells which query it is: ID % QUERIES_MIX is its place in the mix. The
 * first answer to each is looked at closely and kept; every later one has to be the same.
 */
#ifndef BENCH_QUERIES_H
#define BENCH_QUERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUERIES_MIX = 20,                   /* 16 A, 3 AAAA, 1 HTTPS: 80, 15 and 5 % */
    QUERIES_IDS = 3276 * QUERIES_MIX,   /* IDs are below that */
    QUERIES_LENGTH_MAX = 12 + 259 + 39, /* header, question, OPT with a cookie */
    QUERIES_ANSWER_MAX = 4096,
};

struct queries {
    size_t length; /* octets of each query */
    uint8_t query[QUERIES_MIX][QUERIES_LENGTH_MAX];
    size_t question_end;
    bool dnssec_ok;
    bool cookie;     /* with a client cookie; the server's changes by the second */
    bool any_answer; /* an answer need only be a response to the question: a bare echo */
    bool one_type;   /* A only */
    size_t answer_length[QUERIES_MIX]; /* 0: not known yet */
    uint8_t answer[QUERIES_MIX][QUERIES_ANSWER_MAX];
};

/* Makes the queries for name, a host name with dots; the flags of *q are set by the caller. False:
 * that is no name. */
bool queries_init(struct queries *q, const char *name);

/* Writes the query with this ID to out, q->length octets. */
void queries_put(const struct queries *q, unsigned id, uint8_t *out);

/* Whether this is the right answer to the query whose ID it has. */
bool queries_check(struct queries *q, const uint8_t *answer, size_t length);

static inline unsigned queries_id(const uint8_t *message)
{
    return (unsigned)message[0] << 8 | message[1];
}

#endif
