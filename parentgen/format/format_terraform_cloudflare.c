/* SPDX-License-Identifier: ISC */
/* Terraform's HCL for Cloudflare, where each value is a resource. A resource is called after its
 * value, not after its place in the list: adding a site must not touch the others. */
#include "format.h"

static void print_label(FILE *out, const struct record *record)
{
    char text[NAME_TEXT_MAX];

    fputs("sitens_", out);
    format_identifier(out, record->owner);
    fprintf(out, "_%s_", record_type_name(record->type));
    if (record->type == RECORD_DS)
        fprintf(out, "%u_%u", record->ds.key_tag, record->ds.digest_type);
    else
        format_identifier(out, format_undotted(record, text));
}

static void print_data(FILE *out, const struct record *record)
{
    char text[NAME_TEXT_MAX];

    if (record->type == RECORD_DS)
        fprintf(out,
                "  data = {\n    key_tag     = %u\n    algorithm   = %u\n    digest_type = %u\n"
                "    digest      = \"%s\"\n  }\n",
                record->ds.key_tag, record->ds.algorithm, record->ds.digest_type,
                record->ds.digest);
    else
        fprintf(out, "  content = \"%s\"\n", format_undotted(record, text));
    if (record->type == RECORD_A || record->type == RECORD_AAAA)
        fputs("  proxied = false\n", out);
}

void format_terraform_cloudflare(FILE *out, const struct delegation *d)
{
    for (size_t i = 0; i < d->n; i++) {
        fputs("\nresource \"cloudflare_dns_record\" \"", out);
        print_label(out, &d->at[i]);
        fputs("\" {\n  zone_id = var.zone_id_", out);
        format_identifier(out, d->conf->parent);
        fprintf(out, "\n  name    = \"%s\"\n  type    = \"%s\"\n  ttl     = %u\n", d->at[i].owner,
                record_type_name(d->at[i].type), d->conf->delegation_ttl);
        print_data(out, &d->at[i]);
        fputs("}\n", out);
    }
}
