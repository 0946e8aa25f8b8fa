/* SPDX-License-Identifier: ISC */
#include "zone_print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rdata.h"

/* Of a name: what no reader of zone files takes for something else. */
static bool is_plain(uint8_t c)
{
    return isalnum(c) || c == '-' || c == '_';
}

static bool is_plain_name(const ldns_rdf *name)
{
    for (const uint8_t *at = ldns_rdf_data(name); *at; at += *at + 1)
        for (uint8_t i = 1; i <= *at; i++)
            if (!is_plain(at[i]))
                return false;
    return true;
}

static void print_name(FILE *out, const ldns_rdf *name)
{
    const uint8_t *at = ldns_rdf_data(name);

    if (!*at)
        fputc('.', out);
    for (; *at; at += *at + 1, fputc('.', out))
        for (uint8_t i = 1; i <= *at; i++)
            fprintf(out, is_plain(at[i]) ? "%c" : "\\%03u", at[i]);
}

/* ldns leaves quotation marks, dollars and more in names as they are. */
static bool has_plain_names(const ldns_rr *record)
{
    bool plain = true;

    for (size_t i = 0; i < ldns_rr_rd_count(record); i++)
        plain = plain && (ldns_rdf_get_type(ldns_rr_rdf(record, i)) != LDNS_RDF_TYPE_DNAME ||
                          is_plain_name(ldns_rr_rdf(record, i)));
    return plain;
}

/* All of the data, in at most RDATA_MAX octets. */
static size_t get_octets(const ldns_rr *record, uint8_t *octets)
{
    size_t n = 0;

    for (size_t i = 0; i < ldns_rr_rd_count(record); i++) {
        const ldns_rdf *field = ldns_rr_rdf(record, i);

        if (ldns_rdf_size(field) && n + ldns_rdf_size(field) <= RDATA_MAX) {
            memcpy(octets + n, ldns_rdf_data(field), ldns_rdf_size(field));
            n += ldns_rdf_size(field);
        }
    }
    return n;
}

/* Whether text, read again, is the data of a record of that type. */
static bool is_read_as(const char *text, ldns_rr_type type, const uint8_t *octets, size_t n)
{
    FILE *in = fmemopen((char *)text, strlen(text), "r");
    ldns_rdf *root = ldns_dname_new_frm_str(".");
    ldns_rr *again = ldns_rr_new();
    char why[RDATA_WHY_MAX];
    struct zonefile z;
    bool same = false;

    zonefile_init(&z, in);
    if (in && root && again && zonefile_next(&z) == ZONEFILE_ENTRY) {
        ldns_rr_set_type(again, type);
        same = rdata_read(again, z.words, z.n_words, root, why) && rdata_is(again, octets, n);
    }
    zonefile_done(&z);
    if (in)
        fclose(in);
    ldns_rdf_deep_free(root);
    ldns_rr_free(again);
    return same;
}

static void print_record(FILE *out, const ldns_rr *record)
{
    static const ldns_output_format data_only = {LDNS_FMT_SHORT, NULL};
    char *type = ldns_rr_type2str(ldns_rr_get_type(record));
    char *text = ldns_rr2str_fmt(&data_only, record);
    uint8_t octets[RDATA_MAX];
    size_t n = get_octets(record, octets);

    print_name(out, ldns_rr_owner(record));
    fprintf(out, "\t%u\tIN\t%s\t", ldns_rr_ttl(record), type ? type : "");
    if (text && has_plain_names(record) && is_read_as(text, ldns_rr_get_type(record), octets, n)) {
        fputs(text, out); /* with its newline */
    } else {
        fprintf(out, "\\# %zu ", n);
        for (size_t i = 0; i < n; i++)
            fprintf(out, "%02x", octets[i]);
        fputc('\n', out);
    }
    free(type);
    free(text);
}

static void print_list(FILE *out, const ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        print_record(out, ldns_rr_list_rr(list, i));
}

static void print_rrset(FILE *out, const struct signed_rrset *rrset)
{
    print_list(out, rrset->records);
    print_list(out, rrset->rrsigs);
}

/* A zone file begins with its SOA. It has one NSEC at each name: where the apex has two, it is the
 * exact-bitmap one. The made-up HINFOs are no part of it. */
void zone_print(FILE *out, const struct version *v)
{
    const struct rrsets *all = &v->zone->rrsets;
    const struct version_signatures *s = v->signatures;
    struct signed_rrset rrset;

    if (version_find(v, v->zone->apex, LDNS_RR_TYPE_SOA, &rrset))
        print_rrset(out, &rrset);
    print_rrset(out, &v->addresses->a);
    print_rrset(out, &v->addresses->aaaa);
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].type != LDNS_RR_TYPE_SOA &&
            version_find(v, all->at[i].owner, all->at[i].type, &rrset))
            print_rrset(out, &rrset);
    for (size_t i = 0; s && i < s->n_nsecs; i++)
        print_rrset(out,
                    i == 0 && v->addresses->exact.records ? &v->addresses->exact : &s->nsecs[i]);
}
