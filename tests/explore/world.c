/* SPDX-License-Identifier: ISC */
#include "world.h"

#include <stdio.h>

enum { AGE_BITS = 5 };

/* How the watched site is, and why. */
enum condition {
    DOWN,
    WITHDRAWN, /* out, or held */
    FAILING,   /* its web server fails */
    WELL,      /* its web server works */
    VOUCHED,   /* the operator said `in` */
};

uint64_t world_pack(const struct moment *m)
{
    uint64_t key = m->acted;

    key = key << 1 | m->web;
    key = key << AGE_BITS | m->age;
    for (size_t i = 0; i < SITES_MAX; i++)
        key = key << 2 | m->before[i];
    for (size_t i = 0; i < SITES_MAX; i++)
        key = key << 15 | m->site[i];
    return key;
}

struct moment world_moment(uint64_t key)
{
    struct moment m = {0};

    for (size_t i = SITES_MAX; i-- > 0; key >>= 15)
        m.site[i] = key & 0x7fff;
    for (size_t i = SITES_MAX; i-- > 0; key >>= 2)
        m.before[i] = (enum heard)(key & 3);
    m.age = key & ((1U << AGE_BITS) - 1);
    m.web = key >> AGE_BITS & 1;
    m.acted = (unsigned)(key >> (AGE_BITS + 1));
    return m;
}

static enum condition condition(const struct world *w, const struct moment *m)
{
    const struct look *look = world_look(w, m, w->watched);

    if (!look->alive)
        return DOWN;
    if (look->override != GATE_AUTO)
        return look->override == GATE_IN ? VOUCHED : WITHDRAWN;
    return m->web ? WELL : FAILING;
}

/* Whether every site that is up has made its round. */
static bool round_ends(const struct world *w, const struct moment *m)
{
    for (size_t i = 0; i < w->conf.n_sites; i++)
        if (world_look(w, m, i)->alive && !(m->acted >> i & 1))
            return false;
    return m->acted;
}

static void end_round(const struct world *w, struct moment *m)
{
    m->acted = 0;
    m->age += m->age < (condition(w, m) >= WELL ? w->silence_max : w->notice_max);
    for (size_t i = 0; i < w->conf.n_sites; i++)
        if (!world_look(w, m, i)->alive)
            m->before[i] = NOTHING; /* its last answers have arrived */
}

struct moment world_after(const struct world *w, const struct moment *m, struct step step)
{
    struct moment next = *m;
    size_t i = step.site;

    if (step.event == EVENTS) {
        next.web = !m->web;
    } else {
        next.site[i] = w->sites[i].next[m->site[i]][step.event];
        if (w->weather.late)
            next.before[i] = world_look(w, m, i)->heard;
        next.acted &= ~(1U << i);
        if (step.event < ROUNDS || (m->acted >> i & 1 && step.event > STARTS))
            next.acted |= 1U << i;
    }
    if (round_ends(w, &next))
        end_round(w, &next);
    if (condition(w, &next) != condition(w, m))
        next.age = 0;
    return next;
}

/* Takes what follows from m into account. */
static void happens(struct world *w, const struct moment *m, size_t from, struct step step)
{
    const struct moment next = world_after(w, m, step);

    found_add(&w->found, world_pack(&next), from);
}

/* Whatever the site i may hear from those from peer on. */
static void hear(struct world *w, const struct moment *m, size_t from, size_t i, size_t peer,
                 enum heard *heard)
{
    enum heard now, before;

    if (peer == w->conf.n_sites) {
        for (int passes = 0; passes < 2; passes++)
            if (i != w->watched || passes == m->web)
                happens(w, m, from,
                        (struct step){i, site_round(w->conf.n_sites, i, passes, heard)});
        return;
    }
    now = world_look(w, m, peer)->heard;
    before = m->before[peer];
    heard[peer] = NOTHING;
    hear(w, m, from, i, peer + 1, heard);
    if (!gate_asks_peer(&w->conf, i, peer))
        return;
    heard[peer] = now;
    if (now != NOTHING)
        hear(w, m, from, i, peer + 1, heard);
    heard[peer] = before;
    if (before != NOTHING && before != now)
        hear(w, m, from, i, peer + 1, heard);
}

static void expand(struct world *w, size_t from)
{
    const struct moment m = world_moment(w->found.states[from].key);
    unsigned first = w->weather.restarts ? DIES : OUT, end = w->weather.reloads ? EVENTS : RELOADS;
    enum heard heard[SITES_MAX];

    happens(w, &m, from, (struct step){w->watched, EVENTS});
    for (size_t i = 0; i < w->conf.n_sites; i++) {
        const struct look *look = world_look(w, &m, i);

        if (!look->alive)
            happens(w, &m, from, (struct step){i, STARTS});
        else if (!(m.acted >> i & 1))
            hear(w, &m, from, i, 0, heard);
        for (unsigned event = first; look->alive && event < end; event++)
            if (event < OUT || event > AUTO || w->weather.overrides)
                happens(w, &m, from, (struct step){i, event});
    }
}

/* Who gives an address of whom for longer than promised, and who is silent. */
static const char *broken(struct world *w, const struct moment *m)
{
    enum condition how = condition(w, m);
    bool silent = true, given = false;

    for (size_t i = 0; i < w->conf.n_sites; i++) {
        const struct look *look = world_look(w, m, i);

        if (look->broken)
            return look->broken;
        silent = silent && !look->answers;
        if (look->answers >> w->watched & 1 && look->state != ZONE_LAST_RESORT)
            given = true;
    }
    if (how >= WELL && silent && m->age >= w->silence)
        w->silence = m->age + 1;
    if (how < WELL && given && m->age >= w->notice)
        w->notice = m->age + 1;
    if (w->silence > w->silence_max)
        return "all are silent although a site has been well for long enough";
    if (w->notice > w->notice_max)
        return "the address of a site is given although it has not been well for too long";
    return NULL;
}

const char *world_explore(struct world *w)
{
    const struct moment start = {0};
    size_t first_deeper = 1;

    for (size_t i = 0; i < w->conf.n_sites; i++)
        site_make(&w->sites[i], &w->conf, i, w->weather.reloads);
    found_add(&w->found, world_pack(&start), 0);
    for (size_t state = 0; state < w->found.n; state++) {
        const struct moment m = world_moment(w->found.states[state].key);
        const char *fault = broken(w, &m);

        if (fault) {
            w->found.n = state + 1;
            return fault;
        }
        if (state == first_deeper) {
            first_deeper = w->found.n;
            w->depth++;
        }
        expand(w, state);
    }
    return NULL;
}

void world_done(struct world *w)
{
    for (size_t i = 0; i < SITES_MAX; i++)
        site_done(&w->sites[i]);
    found_done(&w->found);
}
