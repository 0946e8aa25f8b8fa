/* SPDX-License-Identifier: ISC */
#include "format.h"

#include <ctype.h>
#include <string.h>

/* Cloudflare's documentation of its API: NS records of one name, and TTLs. A TTL of 1 is
 * "automatic" there. Route 53 and Google take every TTL up to 2^31 - 1; octoDNS and DNSControl
 * leave it to the provider behind them. */
#define CLOUDFLARE_LIMITS .ns_max = 10, .ttl_min = 60, .ttl_max = 86400

#define TERRAFORM_NOTE "Declare the variable that names the zone in your configuration."

const struct format formats[] = {
    {"bind", "lines for the parent's zone file (default)", format_bind, .comment = "; ",
     .note = "Raise the serial in the zone's SOA too, or its secondary servers keep the older "
             "records."},
    {"nsupdate", "dynamic update: pipe it into nsupdate", format_nsupdate, .comment = "; "},
    {"knotc", "Knot DNS: pipe it into knotc", format_knotc,
     .note = "An error \"no such node\" or \"no such record\" is harmless: there was nothing to "
             "remove."},
    {"pdnsutil", "PowerDNS: pipe it into sh", format_pdnsutil, .comment = "# "},
    {"tinydns", "lines for tinydns-data", format_tinydns, .comment = "# ", .lacks_ds = true,
     .lacks_aaaa_referral = true},
    {"route53", "Amazon Route 53: a change batch", format_route53, .comment = NULL},
    {"cloudflare", "Cloudflare: a batch for the API", format_cloudflare,
     .note = "The batch only adds: delete the older records of these names first.",
     CLOUDFLARE_LIMITS},
    {"octodns", "octoDNS: YAML", format_octodns, .comment = "# "},
    {"dnscontrol", "DNSControl: JavaScript", format_dnscontrol, .comment = "// "},
    {"terraform-aws", "Terraform for Route 53", format_terraform_aws, .comment = "# ",
     .note = TERRAFORM_NOTE},
    {"terraform-cloudflare", "Terraform for Cloudflare", format_terraform_cloudflare,
     .comment = "# ", .note = TERRAFORM_NOTE, CLOUDFLARE_LIMITS},
    {"terraform-google", "Terraform for Google Cloud DNS", format_terraform_google, .comment = "# ",
     .note = TERRAFORM_NOTE},
    {"table", "name, type, TTL and value, for a web form", format_table, .comment = "# "},
    {"html", "for pages that link to the name: look it up early", format_html, .comment = NULL},
    {"json", "for programs", format_json, .comment = NULL},
    {0},
};

const struct format *format_find(const char *name)
{
    for (const struct format *format = formats; format->name; format++)
        if (!strcmp(format->name, name))
            return format;
    return NULL;
}

void format_list_names(FILE *out)
{
    for (const struct format *format = formats; format->name; format++)
        fprintf(out, "%s%s", format == formats ? "" : ", ", format->name);
}

const char *format_undotted(const struct record *record, char *out)
{
    size_t length = strlen(record->data);

    strcpy(out, record->data);
    if (record->type == RECORD_NS)
        out[length - 1] = '\0';
    return out;
}

void format_write_json(FILE *out, json_t *json)
{
    json_dumpf(json, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(json);
}

void format_identifier(FILE *out, const char *name)
{
    for (; *name; name++)
        fputc(isalnum((unsigned char)*name) || *name == '-' ? *name : '_', out);
}

/* Only the last component: the output must not depend on where the file lies. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void describe(FILE *out, const char *prefix, const struct delegation *d)
{
    fprintf(out, "%sDelegation of %s, for the zone %s.\n", prefix, d->conf->name, d->conf->parent);
    fprintf(out, "%sMade by parentgen " SITENS_VERSION " from %s. It replaces the older one.\n",
            prefix, file_name(d->conf->path));
}

static void list_elsewhere(FILE *out, const char *prefix, const struct delegation *d)
{
    for (size_t i = d->n; i < d->n_all; i++) {
        const struct record *record = &d->at[i];

        if (i == d->n || record->owner != record[-1].owner)
            fprintf(out, "%s%s lies outside %s. The zone it belongs to must hold:\n", prefix,
                    record->owner, d->conf->parent);
        fprintf(out, "%s  %s. %u IN %s %s\n", prefix, record->owner, d->conf->delegation_ttl,
                record_type_name(record->type), record->data);
    }
}

void format_print(const struct format *format, const struct delegation *d, FILE *out, FILE *notes)
{
    FILE *where = format->comment ? out : notes;
    const char *prefix = format->comment ? format->comment : "parentgen: note: ";

    if (format->comment)
        describe(out, prefix, d);
    if (format->note)
        fprintf(where, "%s%s\n", prefix, format->note);
    format->print(out, d);
    list_elsewhere(where, prefix, d);
}
