/* SPDX-License-Identifier: ISC */
/*
 * The response is built in the buffer of the query: the header is rewritten, the question stays as
 * it came (resolvers check its case, and a copy costs), a finished answer from the table goes
 * behind it, and the OPT record comes last.
 *
 * respond() reads as the order of decisions: is it a query at all, is it one we understand, is it
 * for us, is the zone serving, what is the answer, does it fit, may it be sent.
 */
#include "respond.h"

#include <strings.h>

#include "query.h"
#include "wire.h"

/* Extended DNS errors, RFC 8914 section 4. */
enum { EDE_NONE = -1, EDE_NOT_READY = 14, EDE_NOT_AUTHORITATIVE = 20 };

/* Octets of an OPT record with every option. */
enum { OPT_MAX = WIRE_OPT_LENGTH + 4 + TABLE_ID_MAX + 4 + COOKIE_LENGTH + 4 + 2 };

/* One query on its way to a response. */
struct exchange {
    const struct table *table;
    const struct respond_client *client;
    struct responder *responder;
    const struct cookie_secrets *secrets;
    const uint8_t *id; /* of this site, as a TXT string: length, octets */
    uint8_t *packet;
    struct query query;
    enum cookie_status cookie; /* of query.cookie, where query.has_cookie */
    int ede;
    uint16_t rcode;        /* with the extended bits */
    uint8_t flags;         /* WIRE_AA, WIRE_TC */
    const uint8_t *counts; /* of the response, but for its OPT: octets as in the header */
    size_t end;            /* of the response so far */
};

/* Of responses without records: with the question, and without. */
static const uint8_t question_only[WIRE_COUNTS_LENGTH] = {0, 1};
static const uint8_t nothing[WIRE_COUNTS_LENGTH];

/* Leaves nothing but the question, if there is one. */
static void drop_records(struct exchange *x)
{
    x->end = x->query.question_end;
    x->counts = x->end > WIRE_HEADER_LENGTH ? question_only : nothing;
}

/* For another zone's name, or another class: RFC 8914 section 4.21. */
static void refuse(struct exchange *x)
{
    x->rcode = WIRE_REFUSED;
    x->ede = EDE_NOT_AUTHORITATIVE;
}

/* The octets of the OPT record that the response will carry; 0 without EDNS. */
static size_t opt_length(const struct exchange *x)
{
    size_t length = WIRE_OPT_LENGTH;

    if (!x->query.has_opt)
        return 0;
    if (x->query.wants_nsid)
        length += 4U + x->id[0];
    if (x->query.has_cookie)
        length += 4 + COOKIE_LENGTH;
    if (x->ede != EDE_NONE)
        length += 4 + 2;
    return length;
}

static uint8_t *put_option(uint8_t *at, unsigned code, size_t length)
{
    wire_put16(at, code);
    wire_put16(at + 2, (unsigned)length);
    return at + 4;
}

/* RFC 6891 section 6.1.2; every flag but DO is cleared (section 6.1.4). */
static void append_opt(struct exchange *x)
{
    static const uint8_t bare[WIRE_OPT_LENGTH] = {0, 0, WIRE_TYPE_OPT, WIRE_UDP_MAX >> 8,
                                                  WIRE_UDP_MAX & 0xff};
    const struct query *q = &x->query;
    size_t length = opt_length(x);
    uint8_t *at = x->packet + x->end;

    if (!length)
        return;
    memcpy(at, bare, sizeof bare);
    at[5] = (uint8_t)(x->rcode >> 4);
    at[7] = q->dnssec_ok ? 0x80 : 0;
    at[10] = (uint8_t)(length - WIRE_OPT_LENGTH);
    at += WIRE_OPT_LENGTH;
    if (q->wants_nsid) { /* RFC 5001 section 2.2 */
        at = put_option(at, WIRE_OPTION_NSID, x->id[0]);
        memcpy(at, x->id + 1, x->id[0]);
        at += x->id[0];
    }
    if (q->has_cookie) {
        at = put_option(at, WIRE_OPTION_COOKIE, COOKIE_LENGTH);
        if (x->cookie == COOKIE_FRESH)
            memcpy(at, q->cookie, COOKIE_LENGTH);
        else
            cookie_make(x->secrets, q->cookie, x->client->address, x->client->address_length,
                        x->client->wall_s, at);
        at += COOKIE_LENGTH;
    }
    if (x->ede != EDE_NONE) /* RFC 8914 section 2 */
        wire_put16(put_option(at, WIRE_OPTION_EDE, 2), (unsigned)x->ede);
    x->end += length;
}

/* Whether the client can take that length and an OPT, RFC 6891 section 6.2.3 to 6.2.5. */
static bool fits(const struct exchange *x, size_t length)
{
    if (length <= WIRE_UDP_MIN - OPT_MAX)
        return true;
    length += opt_length(x);
    if (x->client->tcp)
        return length <= WIRE_TCP_MAX;
    if (length <= WIRE_UDP_MIN)
        return true;
    return x->query.has_opt && length <= x->query.payload && length <= WIRE_UDP_MAX;
}

/* Whole RRsets or none (RFC 2181 section 9): none. The client comes back by TCP. */
static void truncate_response(struct exchange *x)
{
    drop_records(x);
    x->flags |= WIRE_TC;
}

static void put_answer(struct exchange *x, const struct table_match *match)
{
    const struct table_answer *answer = match->answer;

    x->rcode = answer->rcode;
    x->flags = WIRE_AA;
    if (!fits(x, x->end + answer->length)) {
        truncate_response(x);
        return;
    }
    table_copy(match, x->packet + x->end);
    x->end += answer->length;
    x->counts = answer->counts;
}

/* What there is to say about a type that is never data one could ask for; NOERROR for others. */
static uint16_t rcode_of_type(uint16_t type)
{
    if (type < WIRE_TYPE_META && type != WIRE_TYPE_OPT)
        return WIRE_NOERROR;
    switch (type) {
    case WIRE_TYPE_AXFR:
    case WIRE_TYPE_IXFR:
        return WIRE_REFUSED;
    case WIRE_TYPE_MAILA: /* obsolete since RFC 973 */
    case WIRE_TYPE_MAILB:
    case WIRE_TYPE_TKEY:
        return WIRE_NOTIMP;
    case WIRE_TYPE_OPT:
    case WIRE_TYPE_TSIG:
        return WIRE_FORMERR;
    default:
        return WIRE_NOERROR;
    }
}

/* What a zone that is not silent says. */
static void answer_zone(struct exchange *x, const struct table_match *match, enum table_mode mode)
{
    x->rcode = rcode_of_type(x->query.type);
    if (x->rcode != WIRE_NOERROR)
        return;
    if (mode == TABLE_SERVFAIL)
        x->rcode = WIRE_SERVFAIL;
    else
        put_answer(x, match);
}

/* Class CH, RFC 4892: the site's id for id.server and hostname.bind. Nothing is told of the
 * software. */
static void answer_chaos(struct exchange *x)
{
    static const char id_server[] = "\x02id\x06server";
    static const char hostname_bind[] = "\x08hostname\x04"
                                        "bind";
    static const uint8_t one_answer[WIRE_COUNTS_LENGTH] = {0, 1, 0, 1};
    const char *asked = (const char *)x->packet + WIRE_HEADER_LENGTH;
    size_t length = x->query.name_length, id_length = 1U + x->id[0];
    bool known = (length == sizeof id_server && !strcasecmp(asked, id_server)) ||
                 (length == sizeof hostname_bind && !strcasecmp(asked, hostname_bind));
    uint8_t *at = x->packet + x->end;

    if (!known || (x->query.type != WIRE_TYPE_TXT && x->query.type != WIRE_TYPE_ANY)) {
        refuse(x);
        return;
    }
    wire_put16(at, 0xc000 | WIRE_HEADER_LENGTH);
    wire_put16(at + 2, WIRE_TYPE_TXT);
    wire_put16(at + 4, WIRE_CLASS_CH);
    wire_put32(at + 6, 0);
    wire_put16(at + 10, (unsigned)id_length);
    memcpy(at + 12, x->id, id_length);
    x->end += 12 + id_length;
    x->counts = one_answer;
    x->flags = WIRE_AA;
}

/* Of a query that has one, RFC 7873 section 5.2: a malformed option is an error; anything else can
 * be answered. */
static bool cookie_is_sound(struct exchange *x)
{
    struct query *q = &x->query;

    x->cookie = cookie_check(x->secrets, q->cookie, q->cookie_length, x->client->address,
                             x->client->address_length, x->client->wall_s);
    if (x->cookie != COOKIE_MALFORMED)
        return true;
    q->has_cookie = false;
    return false;
}

/* Whether nothing but an error can be said, by the form of the query. Kept out of the way of those
 * that need no such look: see decide(). */
__attribute__((noinline)) static bool is_unsound(struct exchange *x, enum query_form form)
{
    struct query *q = &x->query;

    if (form == QUERY_NOTIMP || form == QUERY_FORMERR) {
        q->has_cookie = false;
        x->rcode = form == QUERY_NOTIMP ? WIRE_NOTIMP : WIRE_FORMERR;
    } else if (q->version != 0) {
        q->has_cookie = false; /* of a version whose options we do not know */
        q->wants_nsid = false;
        x->ede = EDE_NONE;
        x->rcode = WIRE_BADVERS; /* RFC 6891 section 6.1.3 */
    } else if (!cookie_is_sound(x)) {
        x->rcode = WIRE_FORMERR;
    }
    return x->rcode != WIRE_NOERROR;
}

/* Fills in the response. False: there is none. */
static bool decide(struct exchange *x, enum query_form form)
{
    const struct query *q = &x->query;
    enum table_mode mode = TABLE_SERVE;
    struct table_match match;
    bool known =
        q->class == WIRE_CLASS_IN && table_lookup(x->table, x->packet + WIRE_HEADER_LENGTH,
                                                  q->name_length, q->type, q->dnssec_ok, &match);

    if (known) {
        x->id = match.zone->id;
        mode = table_mode(match.zone);
    }
    /* Silence comes before any error: an error would keep resolvers from going elsewhere. */
    if (mode == TABLE_SILENT)
        return false;
    if (mode != TABLE_SERVE)
        x->ede = EDE_NOT_READY;
    if ((form != QUERY_GOOD || q->version || q->has_cookie) && is_unsound(x, form))
        return true;
    if (form == QUERY_EMPTY) /* RFC 7873 section 5.4 */
        x->rcode = x->cookie == COOKIE_BAD ? WIRE_BADCOOKIE : WIRE_NOERROR;
    else if (known)
        answer_zone(x, &match, mode);
    else if (q->class == WIRE_CLASS_CH)
        answer_chaos(x);
    else
        refuse(x);
    return true;
}

static bool knows_us(const struct exchange *x)
{
    return x->query.has_cookie && (x->cookie == COOKIE_FRESH || x->cookie == COOKIE_VALID);
}

static enum rrl_kind kind_of(const struct exchange *x)
{
    if (x->rcode == WIRE_NOERROR && wire_get16(x->counts + WIRE_COUNTS_AN))
        return RRL_ANSWER;
    return x->rcode == WIRE_NOERROR || x->rcode == WIRE_NXDOMAIN ? RRL_NEGATIVE : RRL_ERROR;
}

/* Whether the response may be sent; it may have been truncated to slip through. */
static bool within_rate(struct exchange *x)
{
    struct responder *r = x->responder;

    if (!r->rrl || x->client->tcp || knows_us(x))
        return true;
    switch (rrl_account(r->rrl, x->client->address, x->client->address_length, kind_of(x),
                        x->client->mono_ms)) {
    case RRL_SEND:
        return true;
    case RRL_SLIP:
        counter_add(&r->counters.ignored[COUNTER_SLIPPED], 1);
        truncate_response(x);
        return true;
    default:
        counter_add(&r->counters.ignored[COUNTER_LIMITED], 1);
        return false;
    }
}

/* RD and CD are copied; but they are defined for QUERY only, and with another opcode are bits that
 * the sender may not set: RFC 8906 section 3.1.4. */
static void put_header(struct exchange *x)
{
    uint8_t *p = x->packet;
    unsigned opcode = p[WIRE_AT_FLAGS] & WIRE_OPCODE;
    unsigned rd = opcode ? 0 : p[WIRE_AT_FLAGS] & WIRE_RD;
    unsigned cd = opcode ? 0 : p[WIRE_AT_FLAGS + 1] & WIRE_CD;

    p[WIRE_AT_FLAGS] = (uint8_t)(WIRE_QR | opcode | rd | x->flags);
    p[WIRE_AT_FLAGS + 1] = (uint8_t)(cd | (x->rcode & WIRE_RCODE));
    memcpy(p + WIRE_AT_COUNTS, x->counts, WIRE_COUNTS_LENGTH);
    p[WIRE_AT_ARCOUNT + 1] = x->query.has_opt;
}

size_t respond(const struct table *table, struct responder *responder,
               const struct cookie_secrets *secrets, const struct respond_client *client,
               uint8_t *packet, size_t length)
{
    struct counters *counters = &responder->counters;
    struct exchange x;
    enum query_form form = query_parse(packet, length, &x.query);

    counter_add(&counters->queries[client->tcp ? COUNTER_TCP : COUNTER_UDP], 1);
    if (form == QUERY_DROP) {
        counter_add(&counters->ignored[COUNTER_MALFORMED], 1);
        return 0;
    }
    x.table = table;
    x.client = client;
    x.responder = responder;
    x.secrets = secrets;
    x.id = table->zones[0].id; /* the first site file's, where no zone is asked for */
    x.packet = packet;
    x.ede = EDE_NONE;
    x.rcode = WIRE_NOERROR;
    x.flags = 0;
    drop_records(&x);
    if (!decide(&x, form)) {
        counter_add(&counters->ignored[COUNTER_SILENT], 1);
        return 0;
    }
    if (!within_rate(&x))
        return 0;
    put_header(&x);
    append_opt(&x);
    counter_add(&counters->responses[x.rcode], 1);
    return x.end;
}
