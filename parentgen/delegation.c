/* SPDX-License-Identifier: ISC */
#include "delegation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/name.h"

const char *record_type_name(enum record_type type)
{
    static const char *const names[] = {"NS", "DS", "A", "AAAA"};

    return names[type];
}

const char *name_relative(const char *name, const char *zone, char *out)
{
    size_t n = strlen(name), z = strlen(zone);

    if (n == z)
        return strcpy(out, "@");
    snprintf(out, NAME_TEXT_MAX, "%.*s", (int)(n - z - 1), name);
    return out;
}

/* A name below the delegated one is the child's, so that its address here is glue. That a name
 * ends in the parent's does not prove that no other zone cut lies between; only the parent knows
 * (parentgen --check asks it). */
static enum record_place place_of(const struct conf *conf, const char *name)
{
    if (name_is_within(name, conf->name))
        return PLACE_GLUE;
    return name_is_within(name, conf->parent) ? PLACE_PARENT : PLACE_ELSEWHERE;
}

static struct record *add(struct delegation *d, enum record_type type, enum record_place place,
                          const char *owner)
{
    struct record *record = &d->at[d->n_all++];

    record->type = type;
    record->place = place;
    record->owner = owner;
    if (place != PLACE_ELSEWHERE)
        d->n++;
    return record;
}

static void add_name_servers(struct delegation *d)
{
    for (size_t i = 0; i < d->conf->n_sites; i++) {
        struct record *ns = add(d, RECORD_NS, PLACE_CUT, d->conf->name);

        snprintf(ns->data, sizeof ns->data, "%s.", d->conf->sites[i].nameserver);
    }
}

static void add_ds(struct delegation *d, const struct ds *ds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct record *record = add(d, RECORD_DS, PLACE_CUT, d->conf->name);

        record->ds = ds[i];
        snprintf(record->data, sizeof record->data, "%u %u %u %s", ds[i].key_tag, ds[i].algorithm,
                 ds[i].digest_type, ds[i].digest);
    }
}

static void add_addresses(struct delegation *d, const struct conf_site *site,
                          enum record_place place, enum record_type type)
{
    int family = type == RECORD_A ? AF_INET : AF_INET6;

    for (size_t i = 0; i < site->address.n; i++)
        if (site->address.at[i].family == family) {
            struct record *record = add(d, type, place, site->nameserver);

            record->address = site->address.at[i];
            address_text(&record->address, record->data);
        }
}

static void add_places(struct delegation *d, enum record_place place)
{
    for (size_t i = 0; i < d->conf->n_sites; i++) {
        const struct conf_site *site = &d->conf->sites[i];

        if (place_of(d->conf, site->nameserver) != place)
            continue;
        add_addresses(d, site, place, RECORD_A);
        add_addresses(d, site, place, RECORD_AAAA);
    }
}

static bool has_set(const struct delegation *d, const char *owner, enum record_type type)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].owner == owner && d->at[i].type == type)
            return true;
    return false;
}

/* What an older delegation may have left: the DS of a name that is no longer signed, the other
 * family's addresses in the glue. A host of the parent zone is not only ours, so that its other
 * records are left alone. */
static void add_stale(struct delegation *d)
{
    if (d->ds_state == DS_NONE)
        d->stale[d->n_stale++] = (struct record){.type = RECORD_DS, .owner = d->conf->name};
    for (size_t i = 0; i < d->conf->n_sites; i++) {
        const char *owner = d->conf->sites[i].nameserver;

        for (enum record_type type = RECORD_A; type <= RECORD_AAAA; type++)
            if (place_of(d->conf, owner) == PLACE_GLUE && !has_set(d, owner, type))
                d->stale[d->n_stale++] = (struct record){.type = type, .owner = owner};
    }
}

int delegation_new(const struct conf *conf, enum ds_state ds_state, const struct ds *ds,
                   size_t n_ds, struct delegation **ret)
{
    size_t most = conf->n_sites * (1 + CONF_SITE_ADDRESSES_MAX) + DS_MAX;
    struct delegation *d = calloc(1, sizeof *d);

    if (!d || !(d->at = calloc(most, sizeof *d->at)) ||
        !(d->stale = calloc(1 + conf->n_sites, sizeof *d->stale))) {
        delegation_free(d);
        return -ENOMEM;
    }
    d->conf = conf;
    d->ds_state = ds_state;
    add_name_servers(d);
    if (ds_state == DS_GIVEN)
        add_ds(d, ds, n_ds);
    add_places(d, PLACE_GLUE);
    add_places(d, PLACE_PARENT);
    add_places(d, PLACE_ELSEWHERE);
    add_stale(d);
    *ret = d;
    return 0;
}

void delegation_free(struct delegation *d)
{
    if (d) {
        free(d->at);
        free(d->stale);
    }
    free(d);
}

void delegation_keep_ds(struct delegation *d)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type == RECORD_DS)
            d->at[kept++] = d->at[i];
    d->n = d->n_all = kept;
    d->n_stale = 0;
}

size_t delegation_set_length(const struct delegation *d, size_t first)
{
    size_t end = first + 1;

    while (end < d->n_all && d->at[end].type == d->at[first].type &&
           !strcmp(d->at[end].owner, d->at[first].owner))
        end++;
    return end - first;
}
