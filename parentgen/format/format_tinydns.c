/* SPDX-License-Identifier: ISC */
/* tinydns-data(8). It knows neither DS, without which a parent cannot delegate securely, nor AAAA,
 * which go in as records of a number. */
#include "format.h"

static void print_ns(FILE *out, const struct record *record, uint32_t ttl)
{
    char target[NAME_TEXT_MAX];

    fprintf(out, "&%s::%s:%u\n", record->owner, format_undotted(record, target), ttl);
}

static void print_aaaa(FILE *out, const struct record *record, uint32_t ttl)
{
    fprintf(out, ":%s:28:", record->owner);
    for (size_t i = 0; i < sizeof record->address.octets; i++)
        fprintf(out, "\\%03o", record->address.octets[i]);
    fprintf(out, ":%u\n", ttl);
}

void format_tinydns(FILE *out, const struct delegation *d)
{
    uint32_t ttl = d->conf->delegation_ttl;

    for (size_t i = 0; i < d->n; i++)
        switch (d->at[i].type) {
        case RECORD_NS:
            print_ns(out, &d->at[i], ttl);
            break;
        case RECORD_A:
            fprintf(out, "+%s:%s:%u\n", d->at[i].owner, d->at[i].data, ttl);
            break;
        case RECORD_AAAA:
            print_aaaa(out, &d->at[i], ttl);
            break;
        case RECORD_DS:
            break;
        }
}
