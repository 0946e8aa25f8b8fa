/* SPDX-License-Identifier: ISC */
/*
 * format: the ways to write a delegation down, one small file each.
 *
 * A format is a row of the table in format.c. It prints records 0 to n-1 of the delegation. What
 * has to be said besides stands in comments, or on stderr for forms that have no comments.
 */
#ifndef PARENTGEN_FORMAT_FORMAT_H
#define PARENTGEN_FORMAT_FORMAT_H

#include <jansson.h>
#include <stdio.h>

#include "delegation.h"

struct format {
    const char *name;
    const char *purpose; /* one line for --help */
    void (*print)(FILE *out, const struct delegation *delegation);
    const char *comment; /* what begins a comment line; NULL: the form has no comments */
    const char *note;    /* what the user must know; NULL: nothing */
    size_t ns_max;       /* NS records that the provider takes; 0: no known limit */
    /* The TTLs that the provider takes, in seconds; 0: all that a site file can have. */
    uint32_t ttl_min, ttl_max;
    bool lacks_ds, lacks_aaaa_referral;
};

/* The table, ended by a row whose name is NULL. */
extern const struct format formats[];

/* The format of that name, or NULL. */
const struct format *format_find(const char *name);

/* The names of all formats, separated by commas. */
void format_list_names(FILE *out);

/* Prints the delegation to out, and to notes what out cannot hold. */
void format_print(const struct format *format, const struct delegation *delegation, FILE *out,
                  FILE *notes);

/* The printers. */
void format_bind(FILE *out, const struct delegation *delegation);
void format_nsupdate(FILE *out, const struct delegation *delegation);
void format_knotc(FILE *out, const struct delegation *delegation);
void format_pdnsutil(FILE *out, const struct delegation *delegation);
void format_tinydns(FILE *out, const struct delegation *delegation);
void format_route53(FILE *out, const struct delegation *delegation);
void format_cloudflare(FILE *out, const struct delegation *delegation);
void format_octodns(FILE *out, const struct delegation *delegation);
void format_dnscontrol(FILE *out, const struct delegation *delegation);
void format_terraform_aws(FILE *out, const struct delegation *delegation);
void format_terraform_cloudflare(FILE *out, const struct delegation *delegation);
void format_terraform_google(FILE *out, const struct delegation *delegation);
void format_table(FILE *out, const struct delegation *delegation);
void format_html(FILE *out, const struct delegation *delegation);
void format_json(FILE *out, const struct delegation *delegation);

/* Helpers of several printers. */

/* A name server's or a record's data without the final dot of names, copied to out, which holds
 * NAME_TEXT_MAX octets. Returns out. */
const char *format_undotted(const struct record *record, char *out);

/* Prints json, indented, and releases it. */
void format_write_json(FILE *out, json_t *json);

/* Prints name with each octet that cannot stand in an identifier as '_'. */
void format_identifier(FILE *out, const char *name);

#endif
