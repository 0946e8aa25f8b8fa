/* SPDX-License-Identifier: ISC */
#include "query.h"

#include "wire.h"

/* Where the labels from offset at on end: at the root, or at what is no label, or at length. */
static inline size_t skip_labels(const uint8_t *packet, size_t length, size_t at)
{
    while (at < length && packet[at] - 1U < WIRE_LABEL_MAX)
        at += packet[at] + 1U;
    return at;
}

static inline bool is_root(const uint8_t *packet, size_t length, size_t at)
{
    return at < length && packet[at] == 0;
}

/* The end of the owner's name at offset at, or 0. A compression pointer ends it. */
static size_t skip_owner(const uint8_t *packet, size_t length, size_t at)
{
    size_t end;

    if (is_root(packet, length, at)) /* as that of an OPT is */
        return at + 1;
    end = skip_labels(packet, length, at);
    if (is_root(packet, length, end))
        return end + 1 - at <= WIRE_NAME_MAX ? end + 1 : 0;
    return end + 2 <= length && packet[end] >= 0xc0 ? end + 2 : 0;
}

static void take_cookie(struct query *q, const uint8_t *value, size_t length)
{
    if (q->has_cookie) /* the first one counts: RFC 7873 section 5.2 */
        return;
    q->has_cookie = true;
    q->cookie_length = (uint8_t)(length > QUERY_COOKIE_MAX ? QUERY_COOKIE_MAX + 1 : length);
    memcpy(q->cookie, value, length > QUERY_COOKIE_MAX ? QUERY_COOKIE_MAX : length);
}

/* RFC 6891 section 6.1.2. Unknown options are ignored. */
static bool parse_options(struct query *q, const uint8_t *at, size_t length)
{
    while (length > 0) {
        size_t size;

        if (length < 4)
            return false;
        size = wire_get16(at + 2);
        if (size > length - 4)
            return false;
        if (wire_get16(at) == WIRE_OPTION_NSID)
            q->wants_nsid = true;
        else if (wire_get16(at) == WIRE_OPTION_COOKIE)
            take_cookie(q, at + 4, size);
        at += 4 + size;
        length -= 4 + size;
    }
    return true;
}

/* fixed: the record from its type on; RDATA is known to be inside the packet. */
static bool parse_opt(struct query *q, const uint8_t *fixed)
{
    q->payload = wire_get16(fixed + 2);
    q->version = fixed[5];
    q->dnssec_ok = fixed[6] & 0x80;
    return parse_options(q, fixed + WIRE_RR_FIXED, wire_get16(fixed + 8));
}

/* Walks over count records from *at on, of which the last additional ones may be an OPT. */
static bool parse_records(const uint8_t *packet, size_t length, size_t *at, unsigned count,
                          unsigned additional, struct query *q)
{
    bool sound = true;

    for (; count > 0; count--) {
        size_t fixed = skip_owner(packet, length, *at);
        bool root = fixed == *at + 1, opt;
        size_t rdlength;

        if (fixed == 0 || length - fixed < WIRE_RR_FIXED)
            return false;
        rdlength = wire_get16(packet + fixed + 8);
        opt = wire_get16(packet + fixed) == WIRE_TYPE_OPT;
        if (opt) {
            sound = sound && count <= additional && root && !q->has_opt;
            q->has_opt = true; /* even where it runs out of the packet: the client knows EDNS */
        }
        if (rdlength > length - fixed - WIRE_RR_FIXED)
            return false;
        if (opt)
            sound = parse_opt(q, packet + fixed) && sound;
        *at = fixed + WIRE_RR_FIXED + rdlength;
    }
    return sound;
}

/* In a question there is nothing that a compression pointer could point to. */
static bool parse_questions(const uint8_t *packet, size_t length, size_t *at, unsigned count,
                            struct query *q)
{
    for (; count > 0; count--) {
        size_t root = skip_labels(packet, length, *at), end = root + 1;

        if (!is_root(packet, length, root) || end - *at > WIRE_NAME_MAX || length - end < 4)
            return false;
        q->name_length = (uint16_t)(end - *at);
        q->type = wire_get16(packet + end);
        q->class = wire_get16(packet + end + 2);
        *at = end + 4;
    }
    q->question_end = (uint16_t)*at;
    return true;
}

static bool parse_body(const uint8_t *packet, size_t length, struct query *q)
{
    size_t at = WIRE_HEADER_LENGTH;
    unsigned additional, records;

    if (!parse_questions(packet, length, &at, wire_get16(packet + WIRE_AT_QDCOUNT), q))
        return false;
    additional = wire_get16(packet + WIRE_AT_ARCOUNT);
    records =
        additional + wire_get16(packet + WIRE_AT_ANCOUNT) + wire_get16(packet + WIRE_AT_NSCOUNT);
    if (records > 0 && !parse_records(packet, length, &at, records, additional, q))
        return false;
    return at == length; /* trailing octets: the length or a count is wrong */
}

static void forget_question(struct query *q)
{
    q->class = 0;
    q->question_end = WIRE_HEADER_LENGTH;
}

enum query_form query_parse(const uint8_t *packet, size_t length, struct query *q)
{
    bool sound;

    if (length < WIRE_HEADER_LENGTH || packet[WIRE_AT_FLAGS] & WIRE_QR)
        return QUERY_DROP;
    memset(q, 0, offsetof(struct query, cookie));
    forget_question(q);
    sound = parse_body(packet, length, q);
    if (packet[WIRE_AT_FLAGS] & WIRE_OPCODE) {
        q->has_opt = q->has_opt && sound; /* such a message may have another form altogether */
        forget_question(q);
        return QUERY_NOTIMP;
    }
    if (wire_get16(packet + WIRE_AT_QDCOUNT) == 1)
        return sound ? QUERY_GOOD : QUERY_FORMERR;
    forget_question(q);
    return sound && wire_get16(packet + WIRE_AT_QDCOUNT) == 0 && q->has_cookie ? QUERY_EMPTY
                                                                               : QUERY_FORMERR;
}
