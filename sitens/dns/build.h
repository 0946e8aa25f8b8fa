/* SPDX-License-Identifier: ISC */
/*
 * build: fills a table. compile decides what goes into it; this keeps it in order.
 *
 * Errors stick: after the first one every call does nothing, and build_finish() returns it.
 */
#ifndef SITENS_DNS_BUILD_H
#define SITENS_DNS_BUILD_H

#include "table.h"

/* The table while it grows. Lists double their room. */
struct build {
    struct table *table;
    size_t arena_used, arena_size;
    size_t nodes, nodes_size;
    size_t types, types_size;
    size_t denials, denials_size;
    int error; /* 0 or -errno */
};

/* site_id names this site in all zones: see table_set_id(). */
void build_init(struct build *b, const char *site_id, size_t n_zones);

/* Stores an answer: body is what follows the question. Pointers are noted where rcode is NXDOMAIN;
 * its records must then be SOA, NSEC and RRSIG. Returns the answer's offset. */
uint32_t build_answer(struct build *b, uint8_t rcode, uint16_t ancount, uint16_t nscount,
                      const uint8_t *body, size_t length);

/* Begins a name that exists, in wire form and lower case; other is the pair of answers (without and
 * with DNSSEC records) for the types not added by build_type(). */
void build_name(struct build *b, size_t zone, const uint8_t *name, size_t length,
                const uint32_t other[2]);

/* Adds the answers for one type of the name begun last. */
void build_type(struct build *b, uint16_t type, const uint32_t answer[2]);

/* Adds the answer for names that do not exist, have the name begun last as the closest one that
 * does, and sort at or behind name; in canonical order. */
void build_denial(struct build *b, const uint8_t *name, size_t length, uint32_t answer);

/* Says what a zone answers, without DNSSEC records, for names that do not exist. This answer and
 * those of build_denial() are compiled for the apex. */
void build_zone(struct build *b, size_t zone, size_t apex_length, uint32_t nxdomain);

/* Indexes the names and hands over the table. Returns 0 or the first error. */
int build_finish(struct build *b, struct table **ret);

#endif
