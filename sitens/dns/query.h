/* SPDX-License-Identifier: ISC */
/*
 * query: what can be learnt from a query, parsed in bounds.
 *
 * Nothing is copied but the COOKIE option; the question stays where it is in the packet, which the
 * response will repeat octet for octet.
 */
#ifndef SITENS_DNS_QUERY_H
#define SITENS_DNS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum query_form {
    QUERY_GOOD,
    QUERY_DROP,    /* too short, or a response: answering could loop (RFC 8906 is about queries) */
    QUERY_FORMERR, /* not well-formed, or not one question (RFC 9619 section 4) */
    QUERY_NOTIMP,  /* an opcode other than QUERY */
    QUERY_EMPTY,   /* no question, but a COOKIE option: RFC 7873 section 5.4 */
};

enum { QUERY_COOKIE_MAX = 40 }; /* RFC 7873 section 4 */

struct query {
    uint16_t name_length;  /* octets of QNAME at offset 12, the root label included */
    uint16_t question_end; /* offset of what follows the question */
    uint16_t type, class;
    bool has_opt; /* an OPT was found; also set where the message is malformed behind it */
    bool dnssec_ok;
    bool wants_nsid;
    bool has_cookie;
    uint8_t version;
    uint8_t cookie_length; /* as sent; QUERY_COOKIE_MAX + 1 stands for anything longer */
    uint16_t payload;      /* the requester's UDP size, as sent */
    uint8_t cookie[QUERY_COOKIE_MAX];
};

/*
 * Parses packet. For QUERY_GOOD all of *ret is set. For QUERY_FORMERR the members about the
 * question are set if there is exactly one and it can be read, else question_end is that of the
 * header and class is 0; those about EDNS are set as far as they are known. OPT must stand once, in
 * the additional section, with the root as its owner (RFC 6891 section 6.1.1); other records in the
 * query are walked over and ignored.
 */
enum query_form query_parse(const uint8_t *packet, size_t length, struct query *ret);

#endif
