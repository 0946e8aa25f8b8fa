/* SPDX-License-Identifier: ISC */
/* Columns, for typing into a provider's web form. */
#include <string.h>

#include "format.h"

void format_table(FILE *out, const struct delegation *d)
{
    char name[NAME_TEXT_MAX];
    int width = (int)strlen("NAME");

    for (size_t i = 0; i < d->n; i++) {
        int length = (int)strlen(name_relative(d->at[i].owner, d->conf->parent, name));

        width = length > width ? length : width;
    }
    fprintf(out,
            "# NAME is relative to %s. A form that refuses the final dot of a VALUE takes it "
            "without.\n",
            d->conf->parent);
    fprintf(out, "%-*s  %-4s  %-6s  %s\n", width, "NAME", "TYPE", "TTL", "VALUE");
    for (size_t i = 0; i < d->n; i++)
        fprintf(out, "%-*s  %-4s  %-6u  %s\n", width,
                name_relative(d->at[i].owner, d->conf->parent, name),
                record_type_name(d->at[i].type), d->conf->delegation_ttl, d->at[i].data);
}
