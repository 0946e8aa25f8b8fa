/* SPDX-License-Identifier: ISC */
#include "table.h"

#include <stdlib.h>

#include "wire.h"

/*
 * Names are hashed and compared eight octets at a time. The last eight of a name overlap those
 * before, so that nothing is read behind its end; a name shorter than that is filled up with zeros.
 */
enum { WORD = sizeof(uint64_t) };

static uint64_t word_at(const uint8_t *octets)
{
    uint64_t word;

    memcpy(&word, octets, WORD);
    return word;
}

static uint64_t short_word(const uint8_t *octets, size_t length)
{
    uint64_t word = 0;

    while (length > 0)
        word = word << 8 | octets[--length];
    return word;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    /* Setting bit 5 of every octet folds the letters (and some other pairs, which only costs a
     * comparison). The multiplier is the golden ratio's fraction. */
    hash = (hash ^ (word | 0x2020202020202020U)) * 0x9e3779b97f4a7c15U;
    return hash ^ hash >> 32;
}

uint32_t table_hash(const uint8_t *name, size_t length)
{
    uint64_t hash = length;

    if (length < WORD)
        return (uint32_t)mix(hash, short_word(name, length));
    for (size_t at = 0; at + WORD < length; at += WORD)
        hash = mix(hash, word_at(name + at));
    return (uint32_t)mix(hash, word_at(name + length - WORD));
}

/* The letters of eight octets in lower case. Adding to the lower seven bits of an octet carries
 * into its eighth bit from 'A' on, or from behind 'Z' on; where only one does there is a letter. */
static uint64_t lower(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101U;
    uint64_t low = word & 0x7f * ones;
    uint64_t from_a = low + (0x80 - 'A') * ones, behind_z = low + (0x80 - 'Z' - 1) * ones;
    uint64_t upper = (from_a ^ behind_z) & ~word & 0x80 * ones;

    return word | upper >> 2;
}

/* Kept out of the way of names that are all lower case, as they mostly are. */
__attribute__((cold)) static bool same_but_for_case(const uint8_t *known, const uint8_t *asked,
                                                    size_t length)
{
    if (length < WORD)
        return short_word(known, length) == lower(short_word(asked, length));
    for (size_t at = 0; at + WORD < length; at += WORD)
        if (word_at(known + at) != lower(word_at(asked + at)))
            return false;
    return word_at(known + length - WORD) == lower(word_at(asked + length - WORD));
}

/* Names are compared without regard to case (RFC 4343). known is lower case. */
static bool same_name(const uint8_t *known, const uint8_t *asked, size_t length)
{
    return !memcmp(known, asked, length) || same_but_for_case(known, asked, length);
}

static const struct table_node *find(const struct table *t, const uint8_t *name, size_t length)
{
    uint32_t hash = table_hash(name, length);

    for (uint32_t i = hash & t->mask; t->slots[i].node; i = (i + 1) & t->mask) {
        const struct table_node *node = t->slots[i].node;

        if (t->slots[i].hash == hash && node->length == length &&
            same_name(t->arena + node->name, name, length))
            return node;
    }
    return NULL;
}

static const struct table_answer *answer_at(const struct table *t, uint32_t offset)
{
    return (const struct table_answer *)(const void *)(t->arena + offset);
}

/* Notes where each label of name begins. Returns their number, the root not counted. */
static size_t find_labels(const uint8_t *name, const uint8_t **labels)
{
    size_t n = 0;

    for (; *name; name += *name + 1)
        labels[n++] = name;
    return n;
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
    size_t shorter = *a < *b ? *a : *b;

    for (size_t i = 1; i <= shorter; i++) {
        uint8_t x = a[i] >= 'A' && a[i] <= 'Z' ? a[i] | 0x20 : a[i];
        uint8_t y = b[i] >= 'A' && b[i] <= 'Z' ? b[i] | 0x20 : b[i];

        if (x != y)
            return x < y ? -1 : 1;
    }
    return *a - *b;
}

int table_compare_names(const uint8_t *a, const uint8_t *b)
{
    const uint8_t *a_labels[WIRE_NAME_MAX / 2 + 1], *b_labels[WIRE_NAME_MAX / 2 + 1];
    size_t a_left = find_labels(a, a_labels), b_left = find_labels(b, b_labels);

    while (a_left > 0 && b_left > 0) {
        int order = compare_labels(a_labels[--a_left], b_labels[--b_left]);

        if (order)
            return order;
    }
    return a_left > 0 ? 1 : b_left > 0 ? -1 : 0;
}

/* The last denial of node whose name does not sort behind the one asked for. */
static uint32_t find_denial(const struct table *t, const struct table_node *node,
                            const uint8_t *name)
{
    const struct table_denial *denials = t->denials + node->denials;
    uint32_t low = 0, high = node->n_denials; /* the first one always fits */

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (table_compare_names(t->arena + denials[middle].name, name) <= 0)
            low = middle;
        else
            high = middle;
    }
    return denials[low].answer;
}

static uint32_t of_type(const struct table *t, const struct table_node *node, uint16_t type,
                        bool dnssec)
{
    const struct table_type *types = t->types + node->types;

    for (uint16_t i = 0; i < node->n_types; i++)
        if (types[i].type == type)
            return types[i].answer[dnssec];
    return node->other[dnssec];
}

bool table_lookup(const struct table *t, const uint8_t *name, size_t length, uint16_t type,
                  bool dnssec, struct table_match *ret)
{
    const struct table_node *node;
    const uint8_t *encloser = name;
    size_t left = length;

    /* The name, or else its closest encloser (RFC 4592 section 3.3.1); the root is in no zone. */
    while (!(node = find(t, encloser, left))) {
        if (left == 1)
            return false;
        left -= *encloser + 1U;
        encloser += *encloser + 1U;
    }
    ret->zone = node->zone;
    ret->shift = 0;
    if (left == length) {
        ret->answer = answer_at(t, of_type(t, node, type, dnssec));
        return true;
    }
    ret->answer =
        answer_at(t, dnssec && node->n_denials ? find_denial(t, node, name) : ret->zone->nxdomain);
    ret->shift = (uint16_t)(length - ret->zone->apex_length);
    return true;
}

void table_shift(const struct table_match *match, uint8_t *out)
{
    const struct table_answer *answer = match->answer;
    const uint8_t *pointers = answer->body + answer->length;

    for (uint16_t i = 0; i < answer->n_pointers; i++) {
        uint16_t at;

        memcpy(&at, pointers + i * sizeof at, sizeof at);
        wire_put16(out + at, (unsigned)wire_get16(out + at) + match->shift);
    }
}

void table_set_id(struct table *table, size_t zone, const char *id)
{
    size_t length = strnlen(id, TABLE_ID_MAX);

    table->zones[zone].id[0] = (uint8_t)length;
    memcpy(table->zones[zone].id + 1, id, length);
}

void table_set_mode(struct table *table, size_t zone, enum table_mode mode)
{
    atomic_store_explicit(&table->zones[zone].mode, (uint8_t)mode, memory_order_relaxed);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    free(table->arena);
    free(table->slots);
    free(table->nodes);
    free(table->types);
    free(table->denials);
    free(table->zones);
    free(table);
}
