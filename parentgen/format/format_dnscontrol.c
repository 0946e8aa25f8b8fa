/* SPDX-License-Identifier: ISC */
/* DNSControl's dnsconfig.js. */
#include "format.h"

static void print_data(FILE *out, const struct record *record)
{
    if (record->type == RECORD_DS)
        fprintf(out, "%u, %u, %u, \"%s\"", record->ds.key_tag, record->ds.algorithm,
                record->ds.digest_type, record->ds.digest);
    else
        fprintf(out, "\"%s\"", record->data);
}

void format_dnscontrol(FILE *out, const struct delegation *d)
{
    char name[NAME_TEXT_MAX];

    fprintf(out, "D_EXTEND(\"%s\"", d->conf->parent);
    for (size_t i = 0; i < d->n; i++) {
        fprintf(out, ",\n  %s(\"%s\", ", record_type_name(d->at[i].type),
                name_relative(d->at[i].owner, d->conf->parent, name));
        print_data(out, &d->at[i]);
        fprintf(out, ", TTL(%u))", d->conf->delegation_ttl);
    }
    fputs("\n);\n", out);
}
