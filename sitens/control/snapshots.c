/* SPDX-License-Identifier: ISC */
#include "snapshots.h"

#include <errno.h>
#include <stdlib.h>

static void free_snapshot(struct snapshot *snapshot)
{
    table_free(snapshot->table);
    free(snapshot);
}

int snapshots_put(struct snapshots *v, struct table *table, const struct cookie_secrets *secrets)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    struct snapshot *before;

    if (!snapshot)
        return -ENOMEM;
    snapshot->number = ++v->made;
    snapshot->table = table;
    snapshot->secrets = *secrets;
    before =
        (struct snapshot *)atomic_exchange_explicit(&v->source, snapshot, memory_order_acq_rel);
    if (before) {
        before->next = v->retired;
        v->retired = before;
    }
    return 0;
}

void snapshots_release(struct snapshots *v, uint64_t seen)
{
    struct snapshot **at = &v->retired;

    while (*at) {
        struct snapshot *snapshot = *at;

        if (snapshot->number >= seen) {
            at = &snapshot->next;
        } else {
            *at = snapshot->next;
            free_snapshot(snapshot);
        }
    }
}

void snapshots_done(struct snapshots *v)
{
    struct snapshot *snapshot = (struct snapshot *)atomic_load(&v->source);

    snapshots_release(v, UINT64_MAX);
    if (snapshot)
        free_snapshot(snapshot);
}
