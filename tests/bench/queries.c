/* SPDX-License-Identifier: ISC */
#include "queries.h"

#include <string.h>

enum { HEADER = 12, TYPE_A = 1, TYPE_AAAA = 28, TYPE_HTTPS = 65, SERVER_COOKIE = 16 };

/* Octets of the flags. */
enum { QR = 0x80, AA = 0x04, TC = 0x02, RCODE = 0x0f };

static unsigned type_at(const struct queries *q, unsigned place)
{
    if (q->one_type)
        return TYPE_A;
    if (place == QUERIES_MIX / 2)
        return TYPE_HTTPS;
    return place % 6 == 5 ? TYPE_AAAA : TYPE_A;
}

/* Returns the octets written, or 0. */
static size_t put_name(const char *name, uint8_t *out)
{
    uint8_t *at = out;

    if (strlen(name) > 253)
        return 0;
    while (*name) {
        size_t length = strcspn(name, ".");

        if (length == 0 || length > 63)
            return 0;
        *at++ = (uint8_t)length;
        memcpy(at, name, length);
        at += length;
        name += length + (name[length] == '.');
    }
    *at++ = 0;
    return (size_t)(at - out);
}

static size_t put_opt(const struct queries *q, uint8_t *out)
{
    uint8_t opt[] = {0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, q->dnssec_ok ? 0x80 : 0, 0, 0, 0};
    static const uint8_t cookie[] = {0, 10, 0, 8, 's', 'i', 't', 'e', 'n', 's', '0', '1'};

    memcpy(out, opt, sizeof opt);
    if (!q->cookie)
        return sizeof opt;
    out[10] = sizeof cookie;
    memcpy(out + sizeof opt, cookie, sizeof cookie);
    return sizeof opt + sizeof cookie;
}

static size_t put_query(const struct queries *q, const char *name, unsigned place, uint8_t *out)
{
    const uint8_t header[HEADER] = {[5] = 1, [11] = q->dnssec_ok || q->cookie};
    const uint8_t type_class[] = {0, (uint8_t)type_at(q, place), 0, 1};
    size_t length = put_name(name, out + HEADER);

    if (length == 0)
        return 0;
    memcpy(out, header, HEADER);
    length += HEADER;
    memcpy(out + length, type_class, sizeof type_class);
    length += sizeof type_class;
    return header[11] ? length + put_opt(q, out + length) : length;
}

bool queries_init(struct queries *q, const char *name)
{
    uint8_t wire[256];

    for (unsigned i = 0; i < QUERIES_MIX; i++)
        q->length = put_query(q, name, i, q->query[i]);
    q->question_end = HEADER + put_name(name, wire) + 4;
    memset(q->answer_length, 0, sizeof q->answer_length);
    return q->length > 0;
}

void queries_put(const struct queries *q, unsigned id, uint8_t *out)
{
    memcpy(out, q->query[id % QUERIES_MIX], q->length);
    out[0] = (uint8_t)(id >> 8);
    out[1] = (uint8_t)id;
}

/* An authoritative answer with records, or a denial with its SOA, to the very question. */
static bool is_right(const struct queries *q, unsigned place, const uint8_t *answer, size_t length)
{
    if (length < q->question_end || !(answer[2] & QR) ||
        memcmp(answer + HEADER, q->query[place] + HEADER, q->question_end - HEADER) != 0)
        return false;
    if (q->any_answer)
        return true;
    return (answer[2] & (AA | TC)) == AA && (answer[3] & RCODE) == 0 &&
           (type_at(q, place) == TYPE_HTTPS ? answer[9] : answer[7]) > 0;
}

bool queries_check(struct queries *q, const uint8_t *answer, size_t length)
{
    size_t known, vary = q->cookie && !q->any_answer ? SERVER_COOKIE : 0;
    unsigned place;

    if (length < HEADER || length > QUERIES_ANSWER_MAX)
        return false;
    place = queries_id(answer) % QUERIES_MIX;
    known = q->answer_length[place];
    if (known)
        return length == known && !memcmp(answer + 2, q->answer[place] + 2, length - 2 - vary);
    if (!is_right(q, place, answer, length))
        return false;
    memcpy(q->answer[place], answer, length);
    q->answer_length[place] = length;
    return true;
}
