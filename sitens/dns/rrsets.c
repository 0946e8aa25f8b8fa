/* SPDX-License-Identifier: ISC */
#include "rrsets.h"

#include <errno.h>
#include <stdlib.h>

#include "table.h"

int rrsets_compare_names(const ldns_rdf *a, const ldns_rdf *b)
{
    return table_compare_names(ldns_rdf_data(a), ldns_rdf_data(b));
}

/* A record on its way to its place. */
struct entry {
    ldns_rr *record;
    size_t position; /* in the list, so that sorting keeps the order within an RRset */
};

static int compare_to_rrset(const ldns_rdf *name, ldns_rr_type type, const ldns_rdf *owner,
                            ldns_rr_type owner_type)
{
    int order = rrsets_compare_names(name, owner);

    return order ? order : (type > owner_type) - (type < owner_type);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_to_rrset(ldns_rr_owner(x->record), ldns_rr_get_type(x->record),
                                 ldns_rr_owner(y->record), ldns_rr_get_type(y->record));

    return order ? order : (x->position > y->position) - (x->position < y->position);
}

static bool is_of(const struct rrset *rrset, const ldns_rr *record)
{
    return rrset->type == ldns_rr_get_type(record) &&
           !rrsets_compare_names(rrset->owner, ldns_rr_owner(record));
}

/* Appends a record, which sorts behind all others. */
static bool append(struct rrsets *rrsets, ldns_rr *record)
{
    struct rrset *last = rrsets->n ? &rrsets->at[rrsets->n - 1] : NULL;

    if (!last || !is_of(last, record)) {
        last = &rrsets->at[rrsets->n];
        *last = (struct rrset){ldns_rr_owner(record), ldns_rr_get_type(record), ldns_rr_list_new()};
        if (!last->records)
            return false;
        rrsets->n++;
    }
    return ldns_rr_list_push_rr(last->records, record);
}

int rrsets_make(const ldns_rr_list *list, struct rrsets *ret)
{
    size_t n = ldns_rr_list_rr_count(list);
    struct entry *entries = calloc(n + 1, sizeof *entries);
    struct rrsets rrsets = {.at = calloc(n + 1, sizeof *rrsets.at)};
    bool good = entries && rrsets.at;

    for (size_t i = 0; good && i < n; i++)
        entries[i] = (struct entry){ldns_rr_list_rr(list, i), i};
    if (good)
        qsort(entries, n, sizeof *entries, compare_entries);
    for (size_t i = 0; good && i < n; i++)
        good = append(&rrsets, entries[i].record);
    free(entries);
    if (!good) {
        rrsets_done(&rrsets);
        return -ENOMEM;
    }
    *ret = rrsets;
    return 0;
}

void rrsets_done(struct rrsets *rrsets)
{
    for (size_t i = 0; i < rrsets->n; i++)
        ldns_rr_list_free(rrsets->at[i].records);
    free(rrsets->at);
    *rrsets = (struct rrsets){0};
}

/* The index of the first RRset that does not sort before name and type. */
static size_t lower_bound(const struct rrsets *rrsets, const ldns_rdf *name, ldns_rr_type type)
{
    size_t low = 0, high = rrsets->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct rrset *at = &rrsets->at[middle];

        if (compare_to_rrset(name, type, at->owner, at->type) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct rrset *rrsets_find(const struct rrsets *rrsets, const ldns_rdf *name,
                                ldns_rr_type type)
{
    size_t i = lower_bound(rrsets, name, type);
    const struct rrset *found = &rrsets->at[i];

    if (i == rrsets->n || found->type != type || rrsets_compare_names(found->owner, name))
        return NULL;
    return found;
}

size_t rrsets_first(const struct rrsets *rrsets, const ldns_rdf *name)
{
    return lower_bound(rrsets, name, 0); /* no record has type 0 */
}

size_t rrsets_end_of_owner(const struct rrsets *rrsets, size_t first)
{
    size_t end = first;

    while (end < rrsets->n && !rrsets_compare_names(rrsets->at[end].owner, rrsets->at[first].owner))
        end++;
    return end;
}

bool rrsets_has_name(const struct rrsets *rrsets, const ldns_rdf *name)
{
    size_t i = rrsets_first(rrsets, name);

    return i < rrsets->n && rrsets_is_within(rrsets->at[i].owner, name);
}

bool rrsets_is_within(const ldns_rdf *name, const ldns_rdf *top)
{
    const uint8_t *at = ldns_rdf_data(name);
    size_t labels = ldns_dname_label_count(name), wanted = ldns_dname_label_count(top);

    if (labels < wanted)
        return false;
    for (; labels > wanted; labels--)
        at += *at + 1;
    return !table_compare_names(at, ldns_rdf_data(top));
}
