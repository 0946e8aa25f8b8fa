/* SPDX-License-Identifier: ISC */
/*
 * exchange: what the parts of respond() know of the query that they answer together.
 */
#ifndef SITENS_DNS_EXCHANGE_H
#define SITENS_DNS_EXCHANGE_H

#include "query.h"
#include "respond.h"
#include "wire.h"

/* Extended DNS errors, RFC 8914 section 4. */
enum { EDE_NONE = -1, EDE_NOT_READY = 14, EDE_NOT_AUTHORITATIVE = 20 };

/* One query on its way to a response. */
struct exchange {
    const struct table *table;
    const struct respond_client *client;
    struct responder *responder;
    const struct cookie_secrets *secrets;
    uint8_t *packet;
    struct query query;
    enum cookie_status cookie; /* of query.cookie, where query.has_cookie */
    int ede;
    uint16_t rcode;        /* with the extended bits */
    uint8_t flags;         /* WIRE_AA, WIRE_TC */
    const uint8_t *counts; /* of the response, but for its OPT: octets as in the header */
    size_t end;            /* of the response so far */
};

/* For another zone's name, or another class: RFC 8914 section 4.21. */
static inline void exchange_refuse(struct exchange *x)
{
    x->rcode = WIRE_REFUSED;
    x->ede = EDE_NOT_AUTHORITATIVE;
}

#endif
