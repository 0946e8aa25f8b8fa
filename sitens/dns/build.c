/* SPDX-License-Identifier: ISC */
#include "build.h"

#include <errno.h>
#include <stdlib.h>

#include "wire.h"

enum { POINTERS_MAX = 64 }; /* a negative answer has a dozen at most */

void build_init(struct build *b, const char *site_id, size_t n_zones)
{
    *b = (struct build){.table = calloc(1, sizeof *b->table)};
    if (!b->table || !(b->table->zones = calloc(n_zones + 1, sizeof *b->table->zones))) {
        b->error = -ENOMEM;
        return;
    }
    b->table->n_zones = n_zones;
    for (size_t i = 0; i < n_zones; i++)
        table_set_id(b->table, i, site_id);
}

/* Makes room for more elements at the end of list. */
static void *grow(struct build *b, void *list, size_t *size, size_t used, size_t more,
                  size_t element)
{
    size_t wanted = (used + more) * 2;
    void *grown;

    if (b->error || used + more <= *size)
        return list;
    grown = realloc(list, wanted * element);
    if (!grown) {
        b->error = -ENOMEM;
        return list;
    }
    *size = wanted;
    return grown;
}

/* Zeroed room for size octets in the arena, aligned for a struct table_answer. */
static uint32_t reserve(struct build *b, size_t size)
{
    uint32_t offset = (uint32_t)b->arena_used;

    size = (size + 3) & ~(size_t)3;
    if (b->arena_used + size > UINT32_MAX)
        b->error = -EMSGSIZE;
    if (b->error)
        return 0;
    b->table->arena = grow(b, b->table->arena, &b->arena_size, b->arena_used, size, 1);
    if (b->error)
        return 0;
    memset(b->table->arena + offset, 0, size);
    b->arena_used += size;
    return offset;
}

/* Notes the compression pointer at the end of the name at body[at], if it has one. Returns the
 * name's end. */
static size_t note_pointer(const uint8_t *body, size_t at, uint16_t *pointers, uint16_t *n)
{
    while (body[at] && (body[at] & 0xc0) != 0xc0)
        at += body[at] + 1U;
    if (!body[at])
        return at + 1;
    if (*n < POINTERS_MAX)
        pointers[(*n)++] = (uint16_t)at;
    return at + 2;
}

/* The pointers of a negative answer. Its records are SOA, NSEC and RRSIG, of which only the owners
 * and the SOA's two names can be compressed (RFC 3597 section 4). */
static uint16_t find_pointers(const uint8_t *body, size_t length, uint16_t *pointers)
{
    uint16_t n = 0;
    size_t at = 0;

    while (at < length) {
        size_t fixed = note_pointer(body, at, pointers, &n);
        size_t rdata = fixed + WIRE_RR_FIXED;

        at = rdata + wire_get16(body + fixed + 8);
        if (wire_get16(body + fixed) == WIRE_TYPE_SOA)
            note_pointer(body, note_pointer(body, rdata, pointers, &n), pointers, &n);
    }
    return n;
}

uint32_t build_answer(struct build *b, uint8_t rcode, uint16_t ancount, uint16_t nscount,
                      const uint8_t *body, size_t length)
{
    uint16_t pointers[POINTERS_MAX], n_pointers = 0;
    struct table_answer *answer;
    uint32_t offset;

    if (rcode == WIRE_NXDOMAIN)
        n_pointers = find_pointers(body, length, pointers);
    offset = reserve(b, sizeof *answer + length + n_pointers * sizeof *pointers);
    if (b->error)
        return 0;
    answer = (struct table_answer *)(void *)(b->table->arena + offset);
    answer->length = (uint16_t)length;
    answer->n_pointers = n_pointers;
    answer->rcode = rcode;
    wire_put16(answer->counts, 1);
    wire_put16(answer->counts + WIRE_COUNTS_AN, ancount);
    wire_put16(answer->counts + WIRE_COUNTS_NS, nscount);
    memcpy(answer->body, body, length);
    memcpy(answer->body + length, pointers, n_pointers * sizeof *pointers);
    return offset;
}

void build_name(struct build *b, size_t zone, const uint8_t *name, size_t length,
                const uint32_t other[2])
{
    struct table_node node = {.zone = &b->table->zones[zone],
                              .length = (uint8_t)length,
                              .types = (uint32_t)b->types,
                              .denials = (uint32_t)b->denials,
                              .other = {other[0], other[1]}};

    node.name = reserve(b, length);
    if (!b->error)
        b->table->nodes = grow(b, b->table->nodes, &b->nodes_size, b->nodes, 1, sizeof node);
    if (b->error)
        return;
    memcpy(b->table->arena + node.name, name, length);
    b->table->nodes[b->nodes++] = node;
}

void build_type(struct build *b, uint16_t type, const uint32_t answer[2])
{
    struct table_type entry = {type, {answer[0], answer[1]}};

    if (!b->error)
        b->table->types = grow(b, b->table->types, &b->types_size, b->types, 1, sizeof entry);
    if (b->error)
        return;
    b->table->types[b->types++] = entry;
    b->table->nodes[b->nodes - 1].n_types++;
}

void build_denial(struct build *b, const uint8_t *name, size_t length, uint32_t answer)
{
    struct table_denial entry = {.answer = answer, .length = (uint8_t)length};

    entry.name = reserve(b, length);
    if (!b->error)
        b->table->denials =
            grow(b, b->table->denials, &b->denials_size, b->denials, 1, sizeof entry);
    if (b->error)
        return;
    memcpy(b->table->arena + entry.name, name, length);
    b->table->denials[b->denials++] = entry;
    b->table->nodes[b->nodes - 1].n_denials++;
}

void build_zone(struct build *b, size_t zone, size_t apex_length, uint32_t nxdomain)
{
    if (b->error)
        return;
    b->table->zones[zone].apex_length = (uint8_t)apex_length;
    b->table->zones[zone].nxdomain = nxdomain;
}

/* Open addressing at a load of at most one half. */
static void index_names(struct build *b)
{
    struct table *t = b->table;
    uint32_t size = 8;

    while (size < b->nodes * 2)
        size *= 2;
    t->slots = calloc(size, sizeof *t->slots);
    if (!t->slots) {
        b->error = -ENOMEM;
        return;
    }
    t->mask = size - 1;
    for (size_t n = 0; n < b->nodes; n++) {
        const struct table_node *node = &t->nodes[n];
        uint32_t hash = table_hash(t->arena + node->name, node->length);
        uint32_t i = hash & t->mask;

        while (t->slots[i].node)
            i = (i + 1) & t->mask;
        t->slots[i] = (struct table_slot){node, hash};
    }
}

int build_finish(struct build *b, struct table **ret)
{
    if (!b->error)
        index_names(b);
    if (b->error)
        table_free(b->table);
    else
        *ret = b->table;
    return b->error;
}
