/* SPDX-License-Identifier: ISC */
/* octoDNS's YAML. It refuses names that are not in the order of Python's natsort, and keys of a
 * record that are not either. Every text is quoted: `no` and `1e3` are host names too. */
#include <stdlib.h>
#include <string.h>

#include "format.h"

struct entry {
    const char *owner;
    char name[NAME_TEXT_MAX]; /* relative to the zone */
};

static const char digits[] = "0123456789";

/* Compares the first n octets of a with the first m of b, a beginning being the lesser. */
static int compare_texts(const char *a, size_t n, const char *b, size_t m)
{
    int order = memcmp(a, b, n < m ? n : m);

    return order ? order : (n > m) - (n < m);
}

/* Compares the numbers at the beginning of both and moves on behind them. */
static int compare_numbers(const char **a, const char **b)
{
    const char *x = *a + strspn(*a, "0"), *y = *b + strspn(*b, "0");
    size_t n = strspn(x, digits), m = strspn(y, digits);

    *a = x + n;
    *b = y + m;
    return n != m ? (n > m) - (n < m) : memcmp(x, y, n);
}

/* natsort's order: a name is a list of texts and numbers by turns, the first one a text, be it
 * empty; lists are compared element by element, and a beginning is the lesser. This is not
 * strverscmp(3): `ns1` comes before `ns-eu`, and `ns01` equals `ns1`. */
static int compare_names(const char *a, const char *b)
{
    while (*a && *b) {
        size_t n = strcspn(a, digits), m = strcspn(b, digits);
        int order = compare_texts(a, n, b, m);

        if (order)
            return order;
        a += n;
        b += m;
        if (*a && *b && (order = compare_numbers(&a, &b)))
            return order;
    }
    return (*a != '\0') - (*b != '\0');
}

static int compare(const void *a, const void *b)
{
    return compare_names(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* The owners of all records, each once, in natural order; returns their number. */
static size_t list_entries(const struct delegation *d, struct entry *entries)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++)
        if (i == 0 || d->at[i].owner != d->at[i - 1].owner) {
            entries[n].owner = d->at[i].owner;
            name_relative(d->at[i].owner, d->conf->parent, entries[n].name);
            if (!strcmp(entries[n].name, "@"))
                entries[n].name[0] = '\0'; /* the zone's own name is the empty key */
            n++;
        }
    // cppcheck-suppress uninitvar ; the caller has room, and n are filled
    qsort(entries, n, sizeof *entries, compare);
    return n;
}

static void print_value(FILE *out, const struct record *record)
{
    if (record->type == RECORD_DS)
        fprintf(out,
                "      - algorithm: %u\n        digest: '%s'\n        digest_type: %u\n"
                "        key_tag: %u\n",
                record->ds.algorithm, record->ds.digest, record->ds.digest_type,
                record->ds.key_tag);
    else
        fprintf(out, "      - '%s'\n", record->data);
}

static void print_entry(FILE *out, const struct delegation *d, const struct entry *entry)
{
    fprintf(out, "'%s':\n", entry->name);
    for (size_t first = 0, n; first < d->n; first += n) {
        n = delegation_set_length(d, first);
        if (d->at[first].owner != entry->owner)
            continue;
        fprintf(out, "  - ttl: %u\n    type: %s\n    values:\n", d->conf->delegation_ttl,
                record_type_name(d->at[first].type));
        for (size_t i = first; i < first + n; i++)
            print_value(out, &d->at[i]);
    }
}

void format_octodns(FILE *out, const struct delegation *d)
{
    struct entry entries[1 + CONF_SITES_MAX];
    size_t n = list_entries(d, entries);

    fputs("---\n", out);
    for (size_t i = 0; i < n; i++)
        print_entry(out, d, &entries[i]);
}
