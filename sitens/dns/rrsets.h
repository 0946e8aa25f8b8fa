/* SPDX-License-Identifier: ISC */
/*
 * rrsets: a list of records by RRset, found in logarithmic time.
 *
 * Threads: none of its own; what is only read may be read from any thread.
 */
#ifndef SITENS_DNS_RRSETS_H
#define SITENS_DNS_RRSETS_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stddef.h>

/* The records of one owner and type, in the order of the list they come from. */
struct rrset {
    const ldns_rdf *owner;
    ldns_rr_type type;
    ldns_rr_list *records; /* at least one */
};

/* In the canonical order of owners (RFC 4034 section 6.1), those of one owner by type. */
struct rrsets {
    size_t n;
    struct rrset *at;
};

/* Sorts list, whose records go on to be the caller's and must live as long. Returns 0 and RRsets
 * for rrsets_done(), or -ENOMEM. */
int rrsets_make(const ldns_rr_list *list, struct rrsets *ret);

/* Frees the lists, not the records. Zeroed RRsets are allowed. */
void rrsets_done(struct rrsets *rrsets);

/* The RRset of name (any case) and type, or NULL. */
const struct rrset *rrsets_find(const struct rrsets *rrsets, const ldns_rdf *name,
                                ldns_rr_type type);

/* The index of the first RRset whose owner does not sort before name; rrsets->n if there is none.
 * Those of name itself begin there, and else those below it. */
size_t rrsets_first(const struct rrsets *rrsets, const ldns_rdf *name);

/* The end of the RRsets that have the owner of the one at first. */
size_t rrsets_end_of_owner(const struct rrsets *rrsets, size_t first);

/* Whether name exists: as an owner, or above one (an empty non-terminal, RFC 8020). */
bool rrsets_has_name(const struct rrsets *rrsets, const ldns_rdf *name);

/* As ldns_dname_compare(), in any case of letters. */
int rrsets_compare_names(const ldns_rdf *a, const ldns_rdf *b);

/* Whether name is top or below it, in any case of letters. */
bool rrsets_is_within(const ldns_rdf *name, const ldns_rdf *top);

#endif
