/* SPDX-License-Identifier: ISC */
#include "rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_STEPS = 256, ON_PATH = 255 };

struct calm {
    struct world *w;
    unsigned web, cut; /* a bit for each site; for each ordered pair of them: the first asks */
    uint8_t *depth;    /* of each state: rounds to rest, plus 1; 0: not known yet */
    size_t n, path_length;
    struct moment path[PATH_MAX_STEPS];
    struct step steps[PATH_MAX_STEPS];
    const char *fault;
};

static bool is_cut(const struct calm *c, size_t from, size_t to)
{
    return c->cut >> (from * SITES_MAX + to) & 1;
}

static bool is_well(const struct calm *c, const struct moment *m, size_t i)
{
    const struct look *look = world_look(c->w, m, i);

    return look->alive &&
           (look->override == GATE_IN || (look->override == GATE_AUTO && c->web >> i & 1));
}

/* The sites that self can hear to be well, of that preference, or of any if it is 0. */
static unsigned well_peers(const struct calm *c, const struct moment *m, size_t self,
                           uint32_t preference)
{
    unsigned peers = 0;

    for (size_t i = 0; i < c->w->conf.n_sites; i++)
        if (i != self && is_well(c, m, i) && !is_cut(c, self, i) &&
            (!preference || c->w->conf.sites[i].preference == preference))
            peers |= 1U << i;
    return peers;
}

static unsigned best_peers(const struct calm *c, const struct moment *m, size_t self)
{
    unsigned first = well_peers(c, m, self, 10);

    return first ? first : well_peers(c, m, self, 20);
}

/* What DESIGN's table says that a site gives. */
static unsigned due(const struct calm *c, const struct moment *m, size_t self)
{
    const struct conf_policy *policy = &c->w->conf.policy;
    const struct look *look = world_look(c->w, m, self);
    uint32_t preference = c->w->conf.sites[self].preference;
    unsigned own = 1U << self;
    bool hands_over = policy->withdraw == CONF_WITHDRAW_HAND_OVER;

    if (!look->alive)
        return 0;
    if (look->override == GATE_IN)
        return own;
    if (look->override != GATE_OUT && is_well(c, m, self)) {
        if (preference == 20 && well_peers(c, m, self, 10))
            return well_peers(c, m, self, 10);
        return policy->answer == CONF_ANSWER_OWN ? own : own | well_peers(c, m, self, preference);
    }
    if (look->override != GATE_OUT && policy->last_resort && !well_peers(c, m, self, 0))
        return own;
    return hands_over ? best_peers(c, m, self) : 0;
}

static bool gives_what_is_due(const struct calm *c, const struct moment *m)
{
    for (size_t i = 0; i < c->w->conf.n_sites; i++)
        if (world_look(c->w, m, i)->answers != due(c, m, i))
            return false;
    return true;
}

static struct step round_of(const struct calm *c, const struct moment *m, size_t i)
{
    enum heard heard[SITES_MAX];

    for (size_t k = 0; k < c->w->conf.n_sites; k++)
        heard[k] = is_cut(c, i, k) ? NOTHING : world_look(c->w, m, k)->heard;
    return (struct step){i, site_round(c->w->conf.n_sites, i, c->web >> i & 1, heard)};
}

static bool at_rest(const struct calm *c, const struct moment *m)
{
    for (size_t i = 0; i < c->w->conf.n_sites; i++)
        if (c->w->sites[i].next[m->site[i]][round_of(c, m, i).event] != m->site[i])
            return false;
    return true;
}

static uint8_t *depth_of(const struct calm *c, const struct moment *m)
{
    size_t place = 0;

    for (size_t i = 0; i < c->w->conf.n_sites; i++)
        place = place * c->w->sites[i].n + m->site[i];
    return &c->depth[place << SITES_MAX | m->acted];
}

/* The rounds until all is at rest, from m on, in the worst order. Ends early on a fault. */
static unsigned rounds_to_rest(struct calm *c, const struct moment *m)
{
    uint8_t *depth = depth_of(c, m);
    unsigned longest = 0;

    if (*depth == ON_PATH || c->path_length == PATH_MAX_STEPS)
        c->fault = "the sites do not come to rest";
    if (*depth || c->fault)
        return *depth - 1U;
    c->n++;
    if (!m->acted && at_rest(c, m)) {
        *depth = 1;
        if (!gives_what_is_due(c, m))
            c->fault = "at rest a site does not give what the table of states says";
        return 0;
    }
    *depth = ON_PATH;
    c->path[c->path_length] = *m;
    for (size_t i = 0; i < c->w->conf.n_sites && !c->fault; i++)
        if (world_look(c->w, m, i)->alive && !(m->acted >> i & 1)) {
            struct step step = round_of(c, m, i);
            struct moment next = world_after(c->w, m, step);
            unsigned rounds;

            next.age = 0; /* nobody is watched here */
            c->steps[c->path_length++] = step;
            rounds = rounds_to_rest(c, &next) + (next.acted == 0);
            c->path_length -= !c->fault;
            longest = rounds > longest ? rounds : longest;
        }
    *depth = (uint8_t)(longest + 1);
    if (!c->fault && longest > c->w->rest_max)
        c->fault = "the sites take too long to come to rest";
    return longest;
}

static void print_fault(const struct calm *c, size_t state)
{
    const struct conf *conf = &c->w->conf;

    world_print_trace(c->w, state);
    printf("  from now on web servers work at:");
    for (size_t i = 0; i < conf->n_sites; i++)
        printf("%s%s", c->web >> i & 1 ? " " : "", c->web >> i & 1 ? conf->sites[i].id : "");
    printf("; cut off are:");
    for (size_t i = 0; i < conf->n_sites; i++)
        for (size_t k = 0; k < conf->n_sites; k++)
            if (is_cut(c, i, k))
                printf(" %s from %s", conf->sites[i].id, conf->sites[k].id);
    puts("");
    for (size_t i = 0; i < c->path_length; i++)
        world_print_step(c->w, &c->path[i], c->steps[i]);
}

/* Whether nobody asks over one of the links, or more are cut than are to be. */
static bool is_left_out(const struct world *w, unsigned cut)
{
    for (size_t i = 0; i < SITES_MAX; i++)
        for (size_t k = 0; k < SITES_MAX; k++)
            if (cut >> (i * SITES_MAX + k) & 1 &&
                (i >= w->conf.n_sites || k >= w->conf.n_sites || !gate_asks_peer(&w->conf, i, k)))
                return true;
    return __builtin_popcount(cut) > (int)w->cuts_max;
}

/* The states between two rounds, as far as they matter here; from: where to find each in w->found.
 */
static struct found beginnings(const struct world *w)
{
    struct found all = {0};

    for (size_t state = 0; state < w->found.n; state++) {
        const struct moment m = world_moment(w->found.states[state].key);
        struct moment bare = {.acted = m.acted};

        for (size_t i = 0; i < SITES_MAX; i++)
            bare.site[i] = m.site[i];
        if (!m.acted)
            found_add(&all, world_pack(&bare), state);
    }
    return all;
}

static void explore_from(struct calm *c, const struct found *all)
{
    for (size_t i = 0; i < all->n && !c->fault; i++) {
        const struct moment m = world_moment(all->states[i].key);
        unsigned rounds;

        c->path_length = 0;
        rounds = rounds_to_rest(c, &m);
        if (c->fault)
            print_fault(c, all->states[i].from);
        else if (rounds > c->w->rest)
            c->w->rest = rounds;
    }
}

const char *rest_explore(struct world *w, size_t *ret_n)
{
    struct found all = beginnings(w);
    struct calm c = {.w = w};
    size_t size = (size_t)1 << SITES_MAX;

    for (size_t i = 0; i < w->conf.n_sites; i++)
        size *= w->sites[i].n;
    c.depth = malloc(size);
    if (!c.depth) {
        fprintf(stderr, "no memory for %zu states at rest\n", size);
        exit(2);
    }
    for (c.cut = 0; c.cut < 1U << SITES_MAX * SITES_MAX && !c.fault; c.cut++)
        for (c.web = 0; c.web < 1U << w->conf.n_sites && !c.fault && !is_left_out(w, c.cut);
             c.web++) {
            memset(c.depth, 0, size);
            explore_from(&c, &all);
        }
    free(c.depth);
    found_done(&all);
    *ret_n += c.n;
    return c.fault;
}
