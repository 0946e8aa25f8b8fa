/* SPDX-License-Identifier: ISC */
/*
 * table: every answer this site can give, finished at load time.
 *
 * A lookup finds the name by hash and the type by a short scan, and returns a message body to copy
 * behind the question. The response repeats the question as it came, so a body can be compiled with
 * all its compression pointers: for a name that exists the question's length is known. The answers
 * for names that do not exist are compiled for the apex, and each pointer in them moves by as much
 * as the name asked for is longer.
 *
 * Threads: a table is immutable once compiled, but for the mode of each zone, which the control
 * loop sets and the query threads read.
 */
#ifndef SITENS_DNS_TABLE_H
#define SITENS_DNS_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

/* What a zone does with queries at this moment. */
enum table_mode {
    TABLE_SILENT,    /* nothing is answered */
    TABLE_SERVE,     /* the answers are served */
    TABLE_SERVFAIL,  /* SERVFAIL with EDE 14: withdrawn, but fast on resolvers */
    TABLE_NOT_READY, /* served, every answer marked with EDE 14: this site is not well */
};

/* A finished answer: what follows the question. Allocated in the table's arena. */
struct table_answer {
    uint8_t counts[WIRE_COUNTS_LENGTH]; /* of the response, octets as in the header */
    uint16_t length;                    /* octets of body */
    uint16_t n_pointers; /* 16-bit offsets in host order that follow the body: where in it
                            compression pointers stand; 0 unless the answer can be shifted */
    uint8_t rcode;
    uint8_t body[];
};

enum { TABLE_ID_MAX = 32 };

struct table_zone {
    _Atomic uint8_t mode;         /* enum table_mode */
    uint8_t apex_length;          /* octets of the apex in wire form */
    uint32_t nxdomain;            /* arena offset of the answer without DNSSEC records */
    uint8_t id[1 + TABLE_ID_MAX]; /* of this site in that zone, as a TXT string: length, octets */
};

struct table_type {
    uint16_t type;
    uint32_t answer[2]; /* arena offsets, without and with DNSSEC records */
};

/* The proof that a name does not exist: the answer, with DNSSEC records, for names that sort at or
 * behind a certain name. */
struct table_denial {
    uint32_t name; /* arena offset; lower case */
    uint32_t answer;
    uint8_t length; /* octets of name */
};

/* A name that exists. */
struct table_node {
    const struct table_zone *zone;
    uint32_t name;  /* arena offset; lower case */
    uint8_t length; /* octets of name */
    uint16_t n_types;
    uint32_t types;     /* index of the first in table.types */
    uint32_t other[2];  /* for any type not listed: NODATA, or the CNAME */
    uint32_t denials;   /* index of the first in table.denials: for names of which this one is the
                           closest encloser, in canonical order; the first is this name itself */
    uint32_t n_denials; /* 0: the zone is unsigned */
};

struct table_slot {
    const struct table_node *node; /* NULL: free */
    uint32_t hash;
};

struct table {
    uint8_t *arena;
    struct table_slot *slots;
    uint32_t mask; /* number of slots - 1 */
    struct table_node *nodes;
    struct table_type *types;
    struct table_denial *denials;
    struct table_zone *zones;
    size_t n_zones;
};

struct table_match {
    const struct table_zone *zone;
    const struct table_answer *answer;
    uint16_t shift; /* to add to each pointer of the answer */
};

/*
 * Finds the answer for name (wire form, uncompressed, any case; length octets including the root
 * label) and type. False: the name is in no zone. Bounded work, no allocation.
 */
bool table_lookup(const struct table *table, const uint8_t *name, size_t length, uint16_t type,
                  bool dnssec, struct table_match *ret);

/* Compares two names in wire form and any case in the canonical order of RFC 4034 section 6.1. */
int table_compare_names(const uint8_t *a, const uint8_t *b);

/* The hash of a name in wire form; letters of either case hash alike. */
uint32_t table_hash(const uint8_t *name, size_t length);

/* Moves the pointers in out, a copy of match's body, by match->shift. */
void table_shift(const struct table_match *match, uint8_t *out);

/* Copies the body of match to out, which has room for answer->length octets, with its pointers in
 * place. */
static inline void table_copy(const struct table_match *match, uint8_t *out)
{
    memcpy(out, match->answer->body, match->answer->length);
    if (match->shift)
        table_shift(match, out);
}

static inline enum table_mode table_mode(const struct table_zone *zone)
{
    return (enum table_mode)atomic_load_explicit(&zone->mode, memory_order_relaxed);
}

/* Names this site in the answers about a zone; at most TABLE_ID_MAX octets. Before the table is in
 * use. */
void table_set_id(struct table *table, size_t zone, const char *id);

void table_set_mode(struct table *table, size_t zone, enum table_mode mode);

/* NULL is allowed. No query thread may use it any more. */
void table_free(struct table *table);

#endif
