/* SPDX-License-Identifier: ISC */
/* nsupdate(1): one message, which the server applies as a whole (RFC 2136 section 3.7). */
#include "format.h"

static void delete (FILE *out, const struct record *record)
{
    fprintf(out, "update delete %s. %s\n", record->owner, record_type_name(record->type));
}

void format_nsupdate(FILE *out, const struct delegation *d)
{
    fprintf(out, "zone %s.\n", d->conf->parent);
    for (size_t i = 0; i < d->n_stale; i++)
        delete (out, &d->stale[i]);
    for (size_t first = 0, n; first < d->n; first += n) {
        n = delegation_set_length(d, first);
        delete (out, &d->at[first]);
        for (size_t i = first; i < first + n; i++)
            fprintf(out, "update add %s. %u %s %s\n", d->at[i].owner, d->conf->delegation_ttl,
                    record_type_name(d->at[i].type), d->at[i].data);
    }
    fputs("send\n", out);
}
