/* SPDX-License-Identifier: ISC */
/* knotc(8), which reads commands from its standard input: one transaction. */
#include "format.h"

static void unset(FILE *out, const struct delegation *d, const struct record *record)
{
    fprintf(out, "zone-unset %s. %s. %s\n", d->conf->parent, record->owner,
            record_type_name(record->type));
}

void format_knotc(FILE *out, const struct delegation *d)
{
    fprintf(out, "zone-begin %s.\n", d->conf->parent);
    for (size_t i = 0; i < d->n_stale; i++)
        unset(out, d, &d->stale[i]);
    for (size_t first = 0, n; first < d->n; first += n) {
        n = delegation_set_length(d, first);
        unset(out, d, &d->at[first]);
        for (size_t i = first; i < first + n; i++)
            fprintf(out, "zone-set %s. %s. %u %s %s\n", d->conf->parent, d->at[i].owner,
                    d->conf->delegation_ttl, record_type_name(d->at[i].type), d->at[i].data);
    }
    fprintf(out, "zone-commit %s.\n", d->conf->parent);
}
