/* SPDX-License-Identifier: ISC */
/* The body of Cloudflare's POST /zones/ZONE/dns_records/batch. Addresses of name servers must not
 * be proxied: the proxy speaks HTTP. */
#include "format.h"

static json_t *post(const struct record *record, uint32_t ttl)
{
    char text[NAME_TEXT_MAX];
    json_t *json = json_pack("{s:s, s:s, s:I}", "type", record_type_name(record->type), "name",
                             record->owner, "ttl", (json_int_t)ttl);

    if (record->type == RECORD_DS)
        json_object_set_new(json, "data",
                            json_pack("{s:i, s:i, s:i, s:s}", "key_tag", record->ds.key_tag,
                                      "algorithm", record->ds.algorithm, "digest_type",
                                      record->ds.digest_type, "digest", record->ds.digest));
    else
        json_object_set_new(json, "content", json_string(format_undotted(record, text)));
    if (record->type == RECORD_A || record->type == RECORD_AAAA)
        json_object_set_new(json, "proxied", json_false());
    return json;
}

void format_cloudflare(FILE *out, const struct delegation *d)
{
    json_t *posts = json_array();

    for (size_t i = 0; i < d->n; i++)
        json_array_append_new(posts, post(&d->at[i], d->conf->delegation_ttl));
    format_write_json(out, json_pack("{s:o}", "posts", posts));
}
