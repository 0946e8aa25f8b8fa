/* SPDX-License-Identifier: ISC */
/* Terraform's HCL for the providers whose resource is a set of records: Amazon's and Google's. */
#include <string.h>

#include "format.h"

struct provider {
    const char *resource; /* the type of the resource */
    const char *zone_key; /* the argument that names the zone */
    const char *name_end; /* how a name ends */
    const char *values_key;
};

static void print_set(FILE *out, const struct provider *provider, const struct delegation *d,
                      size_t first, size_t n)
{
    const char *type = record_type_name(d->at[first].type);
    int width = (int)strlen(provider->zone_key);

    fprintf(out, "\nresource \"%s\" \"sitens_", provider->resource);
    format_identifier(out, d->at[first].owner);
    fprintf(out, "_%s\" {\n  %s = var.%s_", type, provider->zone_key, provider->zone_key);
    format_identifier(out, d->conf->parent);
    fprintf(out, "\n  %-*s = \"%s%s\"\n", width, "name", d->at[first].owner, provider->name_end);
    fprintf(out, "  %-*s = \"%s\"\n  %-*s = %u\n", width, "type", type, width, "ttl",
            d->conf->delegation_ttl);
    fprintf(out, "  %s = [\n", provider->values_key);
    for (size_t i = first; i < first + n; i++)
        fprintf(out, "    \"%s\",\n", d->at[i].data);
    fputs("  ]\n}\n", out);
}

static void print_sets(FILE *out, const struct provider *provider, const struct delegation *d)
{
    for (size_t first = 0, n; first < d->n; first += n) {
        n = delegation_set_length(d, first);
        print_set(out, provider, d, first, n);
    }
}

void format_terraform_aws(FILE *out, const struct delegation *d)
{
    static const struct provider aws = {"aws_route53_record", "zone_id", "", "records"};

    print_sets(out, &aws, d);
}

void format_terraform_google(FILE *out, const struct delegation *d)
{
    static const struct provider google = {"google_dns_record_set", "managed_zone", ".", "rrdatas"};

    print_sets(out, &google, d);
}
