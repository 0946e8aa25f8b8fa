/* SPDX-License-Identifier: ISC */
/*
 * rdata: the data of one record, from the words of a zone file.
 *
 * ldns says which fields a type has and makes each of them; what it made is then compared with what
 * was written, since it takes 70000 for 4464, cuts keys that are no base64, and drops what is
 * there twice. A few types that it reads wrongly are read here (rdata_special, svcb), and
 * rdata_objection() knows what each type demands beyond its fields.
 */
#ifndef SITENS_DNS_RDATA_H
#define SITENS_DNS_RDATA_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdint.h>

#include "zonefile.h"

enum { RDATA_MAX = 65535, RDATA_WHY_MAX = 320 };

/* Words that are being made into the data of a record. */
struct rdata {
    ldns_rr *record;        /* its type is set, and fields are appended to it */
    const ldns_rdf *origin; /* completes relative names */
    const struct zonefile_word *words;
    size_t n, at; /* at: the next word */
    char *why;    /* RDATA_WHY_MAX octets: what is wrong, once a function returned false */
};

/* The type of that name, or TYPEnnn (RFC 3597 section 5). False: none that ldns knows. */
bool rdata_type(const char *name, ldns_rr_type *ret);

/* Makes a name of text, `@` being the origin. NULL: why, RDATA_WHY_MAX octets, says why not. */
ldns_rdf *rdata_name(const char *text, const ldns_rdf *origin, char *why);

/* Appends to record, which has its type and no data yet, the data that the n words spell. False:
 * why, RDATA_WHY_MAX octets, says what is wrong and what is allowed. */
bool rdata_read(ldns_rr *record, const struct zonefile_word *words, size_t n,
                const ldns_rdf *origin, char *why);

/* Whether the data of record is those n octets. */
bool rdata_is(const ldns_rr *record, const uint8_t *octets, size_t n);

/* What is wrong with the data of a complete record that has come from a zone file, or NULL. */
const char *rdata_objection(const ldns_rr *record);

/* For the readers of single types. All return false after they have set in->why. */
bool rdata_refuse(struct rdata *in, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool rdata_is_bare(struct rdata *in); /* whether there is a next word, without quotation marks */
const char *rdata_word(struct rdata *in);                         /* the next, NULL: refused */
bool rdata_number(struct rdata *in, uint32_t max, uint32_t *ret); /* the next, a decimal number */
bool rdata_push(struct rdata *in, ldns_rdf_type type, const void *octets, size_t n);
ldns_rdf *rdata_field(struct rdata *in, ldns_rdf_type type); /* of one word; NULL: refused */
ldns_rdf *rdata_rest(struct rdata *in, ldns_rdf_type type);  /* of all words that are left */

#endif
