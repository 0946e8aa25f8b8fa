/* SPDX-License-Identifier: ISC */
#include "zone_print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rdata.h"

/* ldns leaves quotation marks, dollars and more as they are. */
static void print_name(FILE *out, const ldns_rdf *name)
{
    const uint8_t *at = ldns_rdf_data(name);

    if (!*at)
        fputc('.', out);
    for (; *at; at += *at + 1, fputc('.', out))
        for (uint8_t i = 1; i <= *at; i++)
            if (isalnum(at[i]) || at[i] == '-' || at[i] == '_')
                fputc(at[i], out);
            else
                fprintf(out, "\\%03u", at[i]);
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
    if (text && is_read_as(text, ldns_rr_get_type(record), octets, n)) {
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

static void print_list(FILE *out, const ldns_rr_list *list, bool soa)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        if ((ldns_rr_get_type(ldns_rr_list_rr(list, i)) == LDNS_RR_TYPE_SOA) == soa)
            print_record(out, ldns_rr_list_rr(list, i));
}

/* Whether a record of DNSSEC stands in the zone file. A zone has one NSEC at each name there: where
 * the apex has two, it is the exact one, which is printed by itself. And signatures of made-up
 * records cover nothing there. */
static bool is_printed(const struct zone *zone, const ldns_rr *rr)
{
    ldns_rr_type type = ldns_rr_get_type(rr);

    if (type == LDNS_RR_TYPE_RRSIG)
        type = ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr));
    if (type == LDNS_RR_TYPE_HINFO)
        return zone_has(zone, ldns_rr_owner(rr), LDNS_RR_TYPE_HINFO);
    return type != LDNS_RR_TYPE_NSEC || ldns_dname_compare(ldns_rr_owner(rr), zone->apex) ||
           !ldns_rr_list_rr_count(zone->signatures.exact);
}

static void print_signatures(FILE *out, const struct zone *zone)
{
    const struct zone_signatures *s = &zone->signatures;
    const ldns_rr_list *lists[] = {s->nsecs, s->rrsigs};

    print_list(out, s->exact, false);
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; lists[l] && i < ldns_rr_list_rr_count(lists[l]); i++)
            if (is_printed(zone, ldns_rr_list_rr(lists[l], i)))
                print_record(out, ldns_rr_list_rr(lists[l], i));
}

void zone_print(FILE *out, const struct zone *zone)
{
    ldns_rr_list *sorted = ldns_rr_list_clone(zone->records);

    ldns_rr_list_sort(sorted);
    print_list(out, sorted, true); /* a zone file begins with its SOA */
    print_list(out, sorted, false);
    print_signatures(out, zone);
    ldns_rr_list_deep_free(sorted);
}
