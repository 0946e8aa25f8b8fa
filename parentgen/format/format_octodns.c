/* SPDX-License-Identifier: ISC */
/* octoDNS's YAML. It wants names in natural order, and the keys of each record by the alphabet.
 * Every text is quoted: `no` and `1e3` are host names too. */
#include <stdlib.h>
#include <string.h>

#include "format.h"

struct entry {
    const char *owner;
    char name[NAME_TEXT_MAX]; /* relative to the zone */
};

static int compare(const void *a, const void *b)
{
    return strverscmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
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
