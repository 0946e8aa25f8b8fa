/* SPDX-License-Identifier: ISC */
/* The delegation for programs; documented in parentgen(1). */
#include "format.h"

static json_t *list(const struct delegation *d, size_t from, size_t to)
{
    json_t *records = json_array();

    for (size_t i = from; i < to; i++)
        json_array_append_new(records, json_pack("{s:s+, s:s, s:I, s:s}", "name", d->at[i].owner,
                                                 ".", "type", record_type_name(d->at[i].type),
                                                 "ttl", (json_int_t)d->conf->delegation_ttl, "data",
                                                 d->at[i].data));
    return records;
}

void format_json(FILE *out, const struct delegation *d)
{
    static const char *const ds_states[] = {
        [DS_NONE] = "none", [DS_GIVEN] = "given", [DS_WITHHELD] = "withheld"};

    format_write_json(out,
                      json_pack("{s:s+, s:s+, s:s, s:o, s:o}", "name", d->conf->name, ".", "parent",
                                d->conf->parent, ".", "ds", ds_states[d->ds_state], "records",
                                list(d, 0, d->n), "elsewhere", list(d, d->n, d->n_all)));
}
