/* SPDX-License-Identifier: ISC */
#include "format.h"

static const char *const headings[] = {
    [PLACE_CUT] = "",
    [PLACE_GLUE] = "; Glue: the name servers' addresses below the delegated name.\n",
    [PLACE_PARENT] = "; The name servers' own address records.\n",
};

void format_bind(FILE *out, const struct delegation *d)
{
    enum record_place place = PLACE_CUT;

    for (size_t i = 0; i < d->n; i++) {
        const struct record *record = &d->at[i];

        if (record->place != place)
            fputs(headings[record->place], out);
        place = record->place;
        fprintf(out, "%s. %u IN %s %s\n", record->owner, d->conf->delegation_ttl,
                record_type_name(record->type), record->data);
    }
}
