/* SPDX-License-Identifier: ISC */
#include "views.h"

#include <errno.h>
#include <stdlib.h>

static void free_view(struct view *view)
{
    table_free(view->table);
    free(view);
}

int views_put(struct views *v, struct table *table, const struct cookie_secrets *secrets)
{
    struct view *view = calloc(1, sizeof *view);
    struct view *before;

    if (!view)
        return -ENOMEM;
    view->number = ++v->made;
    view->table = table;
    view->secrets = *secrets;
    before = (struct view *)atomic_exchange_explicit(&v->source, view, memory_order_acq_rel);
    if (before) {
        before->next = v->retired;
        v->retired = before;
    }
    return 0;
}

void views_release(struct views *v, uint64_t seen)
{
    struct view **at = &v->retired;

    while (*at) {
        struct view *view = *at;

        if (view->number >= seen) {
            at = &view->next;
        } else {
            *at = view->next;
            free_view(view);
        }
    }
}

void views_done(struct views *v)
{
    struct view *view = (struct view *)atomic_load(&v->source);

    views_release(v, UINT64_MAX);
    if (view)
        free_view(view);
}
