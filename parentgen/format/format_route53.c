/* SPDX-License-Identifier: ISC */
/* The change batch of `aws route53 change-resource-record-sets`. UPSERT replaces a whole set. */
#include "format.h"

static json_t *change(const struct delegation *d, size_t first, size_t n)
{
    json_t *values = json_array();

    for (size_t i = first; i < first + n; i++)
        json_array_append_new(values, json_pack("{s:s}", "Value", d->at[i].data));
    return json_pack("{s:s, s:{s:s+, s:s, s:I, s:o}}", "Action", "UPSERT", "ResourceRecordSet",
                     "Name", d->at[first].owner, ".", "Type", record_type_name(d->at[first].type),
                     "TTL", (json_int_t)d->conf->delegation_ttl, "ResourceRecords", values);
}

void format_route53(FILE *out, const struct delegation *d)
{
    json_t *changes = json_array();

    for (size_t first = 0, n; first < d->n; first += n) {
        n = delegation_set_length(d, first);
        json_array_append_new(changes, change(d, first, n));
    }
    format_write_json(out, json_pack("{s:s++, s:o}", "Comment", "Delegation of ", d->conf->name,
                                     " to its sites", "Changes", changes));
}
