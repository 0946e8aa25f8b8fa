/* SPDX-License-Identifier: ISC */
/* pdnsutil(1), as lines for a shell. */
#include "format.h"

void format_pdnsutil(FILE *out, const struct delegation *d)
{
    const char *zone = d->conf->parent;
    char name[NAME_TEXT_MAX];

    for (size_t i = 0; i < d->n_stale; i++)
        fprintf(out, "pdnsutil delete-rrset %s %s %s\n", zone,
                name_relative(d->stale[i].owner, zone, name), record_type_name(d->stale[i].type));
    for (size_t first = 0, n; first < d->n; first += n) {
        n = delegation_set_length(d, first);
        fprintf(out, "pdnsutil replace-rrset %s %s %s %u", zone,
                name_relative(d->at[first].owner, zone, name), record_type_name(d->at[first].type),
                d->conf->delegation_ttl);
        for (size_t i = first; i < first + n; i++)
            fprintf(out, " '%s'", d->at[i].data);
        fputc('\n', out);
    }
    fprintf(out, "pdnsutil rectify-zone %s\npdnsutil increase-serial %s\n", zone, zone);
}
