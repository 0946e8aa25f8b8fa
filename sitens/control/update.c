/* SPDX-License-Identifier: ISC */
#include "update.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/compile.h"

static const struct version *current(const struct update *u, size_t i)
{
    const struct version *version = &u->generation->zones[i].version;

    return version->zone ? version : NULL;
}

struct update *update_new(struct generation *g, time_t now)
{
    struct update *u = calloc(1, sizeof *u);

    if (!u)
        return NULL;
    u->generation = g;
    u->now = now;
    for (size_t i = 0; i < g->n_zones; i++) {
        const struct generation_zone *z = &g->zones[i];

        u->zones[i].wanted = current(u, i)
                                 ? generation_answers(g, i)
                                 : answer_set_of_site(z->conf, (size_t)(z->self - z->conf->sites));
    }
    return u;
}

/* A zone that cannot be signed anew goes on as it is: its signatures are good for days. */
static int make_version(struct update *u, size_t i)
{
    const struct generation_zone *z = &u->generation->zones[i];
    const struct version *before = current(u, i);
    int r = version_make(z->zone, z->conf, z->self, u->zones[i].wanted, before, u->now,
                         &u->zones[i].version);

    if (r != -EBADMSG)
        return r;
    if (!before) {
        snprintf(u->why, sizeof u->why, "%s: the zone cannot be signed with these keys",
                 z->conf->path);
        return r;
    }
    u->zones[i].failed = true;
    u->zones[i].version = *before;
    return 0;
}

int update_run(struct update *u)
{
    const struct generation *g = u->generation;
    const struct version *versions[GENERATION_ZONES_MAX];
    int r = generation_has_memory() ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < g->n_zones; i++) {
        r = make_version(u, i);
        versions[i] = &u->zones[i].version;
    }
    if (r == 0)
        r = compile_table(versions, g->n_zones, g->zones[0].self->id, &u->table);
    for (size_t i = 0; r == 0 && i < g->n_zones; i++)
        table_set_id(u->table, i, g->zones[i].self->id);
    if (r == -EMSGSIZE)
        snprintf(u->why, sizeof u->why, "the extra records of a name do not fit a DNS message");
    else if (r < 0 && !u->why[0])
        snprintf(u->why, sizeof u->why, "making the answers: %s", strerror(-r));
    return r;
}

size_t update_commit(struct update *u)
{
    size_t n = 0;

    for (size_t i = 0; i < u->generation->n_zones; i++) {
        struct version *version = &u->generation->zones[i].version;

        n += version->signatures != u->zones[i].version.signatures;
        version_replace(version, &u->zones[i].version);
    }
    return n;
}

void update_free(struct update *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < u->generation->n_zones; i++)
        if (u->zones[i].version.zone)
            version_discard(&u->zones[i].version, &u->generation->zones[i].version);
    table_free(u->table);
    free(u);
}
