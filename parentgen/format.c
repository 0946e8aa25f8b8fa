/* SPDX-License-Identifier: ISC */
#include "format.h"

#include <string.h>

const struct format formats[] = {
    {"bind", "lines for the parent's zone file (default)", "; ", format_bind},
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

/* Only the last component: the output must not depend on where the file lies. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void print_header(FILE *out, const char *comment, const struct conf *conf)
{
    fprintf(out, "%sDelegation of %s, for the zone %s.\n", comment, conf->name, conf->parent);
    fprintf(out, "%sMade by parentgen " SITENS_VERSION " from %s. It replaces the older one.\n",
            comment, file_name(conf->path));
}

static void print_elsewhere(FILE *out, const char *comment, const struct delegation *d)
{
    for (size_t i = d->n, set; i < d->n_all; i += set) {
        set = delegation_set_length(d, i);
        if (i == d->n || strcmp(d->at[i].owner, d->at[i - 1].owner) != 0)
            fprintf(out, "%s%s lies outside %s. The zone it belongs to must hold:\n", comment,
                    d->at[i].owner, d->conf->parent);
        for (size_t k = i; k < i + set; k++)
            fprintf(out, "%s  %s. %u IN %s %s\n", comment, d->at[k].owner, d->conf->delegation_ttl,
                    record_type_name(d->at[k].type), d->at[k].data);
    }
}

void format_print(const struct format *format, const struct delegation *d, FILE *out, FILE *notes)
{
    if (format->comment)
        print_header(out, format->comment, d->conf);
    format->print(out, d);
    if (format->comment)
        print_elsewhere(out, format->comment, d);
    else
        print_elsewhere(notes, "parentgen: note: ", d);
}
