/* SPDX-License-Identifier: ISC */
#include "world.h"

#include <stdio.h>

static void print_round(const struct world *w, size_t self, unsigned event)
{
    printf("its web server %s", event % 2 ? "passes" : "fails");
    event /= 2;
    for (size_t i = w->conf.n_sites; i-- > 0;) {
        static const char *const kinds[] = {"nothing", "\"ready\"", "\"not ready\""};

        if (i == self)
            continue;
        if (gate_asks_peer(&w->conf, self, i))
            printf(", %s says %s", w->conf.sites[i].id, kinds[event % HEARD_KINDS]);
        event /= HEARD_KINDS;
    }
}

static void print_event(const struct world *w, struct step step)
{
    static const char *const names[EVENTS] = {
        [DIES] = "it goes down",
        [STARTS] = "it starts",
        [OUT] = "the operator says out",
        [IN] = "the operator says in",
        [AUTO] = "the operator says auto",
        [RELOADS] = "it reloads",
        [RELOADS_CHECK] = "it reloads, and the check is new",
        [RELOADS_PEERS] = "it reloads, and the other sites are new",
        [RELOADS_ALL] = "it reloads, and everything is new",
    };

    if (step.event < ROUNDS)
        print_round(w, step.site, step.event);
    else
        printf("%s", names[step.event]);
}

void world_print_step(const struct world *w, const struct moment *before, struct step step)
{
    const struct moment after = world_after(w, before, step);
    const struct look *look = world_look(w, &after, step.site);

    printf("  %s: ", w->conf.sites[step.site].id);
    if (step.event == EVENTS) {
        printf("its web server %s from now on\n", after.web ? "passes" : "fails");
        return;
    }
    print_event(w, step);
    if (look->alive)
        printf(" -> %s, gives", zone_state_name(look->state));
    for (size_t i = 0; i < w->conf.n_sites; i++)
        if (look->answers >> i & 1)
            printf(" %s", w->conf.sites[i].id);
    puts(look->alive && !look->answers ? " nobody" : "");
    if (before->acted && !after.acted)
        puts("  -- a round ends");
}

/* The step from one state to another. */
static struct step step_between(const struct world *w, const struct moment *a, uint64_t b)
{
    for (size_t i = 0; i < w->conf.n_sites; i++)
        for (unsigned event = 0; event <= EVENTS; event++) {
            struct step step = {event == EVENTS ? w->watched : i, event};
            const struct moment after = world_after(w, a, step);

            if ((event >= ROUNDS || !(a->acted >> i & 1)) && world_pack(&after) == b)
                return step;
        }
    return (struct step){0, EVENTS};
}

void world_print_trace(const struct world *w, size_t state)
{
    const struct found_state *s = &w->found.states[state];
    struct moment before;

    if (state == 0) {
        printf("  all sites are down; of %s it is known how its web server is\n",
               w->conf.sites[w->watched].id);
        return;
    }
    world_print_trace(w, s->from);
    before = world_moment(w->found.states[s->from].key);
    world_print_step(w, &before, step_between(w, &before, s->key));
}
