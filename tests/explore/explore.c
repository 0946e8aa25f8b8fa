/* SPDX-License-Identifier: ISC */
/*
 * explore: the gate, explored exhaustively.
 *
 * usage: explore [--full]
 *
 * Two and three sites, with two preferences, under every policy, in every state that anything can
 * bring them to (world.h). Promised is, in rounds (a round lasts as long as a check, and the pause
 * before it):
 *
 * 1. A site that has been well, and neither out nor held, for max(rise, hold-down-max) + 1 rounds
 *    answers: as long as users reach it, the name has an answer.
 * 2. When a site has not been well for 2 fall + 1 rounds (`fall` until it knows, `fall` until the
 *    others do), nobody gives its address any more, but for itself as the last resort. One more,
 *    where answers may come late.
 * 3. Once nothing happens any more, all sites come to rest within max(rise + hold-down-max, 2 fall)
 * + 1 rounds.
 * 4. At rest each gives what the table of states says (rest.c): those that would hand over to each
 *    other are silent.
 * 5. A site by itself: who is out does not give itself, who is in does, who fails under `return =
 *    manual` stays out until the operator says so, and more: broken() in site.c.
 *
 * The bounds of 1 to 3 are met: some plan below needs all of it. Of what is broken the shortest way
 * is printed, from where all sites are down; then the exit status is 1. Without --full, only what
 * takes seconds is explored, and at rest only with all links, or all but one of two sites.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rest.h"

enum { AUTOMATIC = 2 * 3 * 2, POLICIES = 2 * AUTOMATIC }; /* the second half: `return = manual` */

/* What is explored, and how finely. */
struct plan {
    bool full;
    unsigned n_policies;
    size_t n_sites;
    uint32_t preferences[SITES_MAX], rise, fall, hold_rounds, hold_max_rounds;
    struct weather weather;
};

static const struct plan plans[] = {
    {false, POLICIES, 2, {10, 20}, 2, 2, 1, 4, {.restarts = true}},
    {false, POLICIES, 2, {10, 20}, 2, 1, 3, 3, {.overrides = true, .reloads = true}},
    {false, AUTOMATIC, 3, {10, 10, 20}, 1, 1, 0, 0, {0}},
    {true, POLICIES, 2, {10, 10}, 2, 2, 1, 2, {.restarts = true, .overrides = true, .late = true}},
    {true, POLICIES, 2, {10, 20}, 2, 2, 1, 2, {.restarts = true, .overrides = true, .late = true}},
    {true, POLICIES, 2, {10, 10}, 2, 2, 1, 2, {.restarts = true, .reloads = true}},
    {true, POLICIES, 2, {10, 20}, 2, 2, 1, 2, {.restarts = true, .reloads = true}},
    {true, POLICIES, 2, {10, 10}, 3, 2, 1, 4, {.restarts = true}},
    {true, POLICIES, 2, {10, 20}, 3, 2, 1, 4, {.restarts = true}},
    {true, POLICIES, 3, {10, 10, 10}, 1, 1, 1, 1, {.restarts = true}},
    {true, POLICIES, 3, {10, 20, 20}, 1, 1, 1, 1, {.restarts = true}},
    {true, POLICIES, 3, {10, 10, 20}, 1, 1, 1, 1, {.restarts = true, .late = true}},
    {true, POLICIES, 3, {10, 10, 20}, 1, 1, 1, 1, {.restarts = true, .overrides = true}},
};

static struct conf_policy policy_of(unsigned number, const struct plan *plan)
{
    return (struct conf_policy){.answer = (enum conf_answer)(number % 2),
                                .withdraw = (enum conf_withdraw)(number / 2 % 3),
                                .last_resort = number / 6 % 2,
                                .comeback = (enum conf_return)(number / AUTOMATIC),
                                .hold_down_ms = plan->hold_rounds * ROUND_MS,
                                .hold_down_max_ms = plan->hold_max_rounds * ROUND_MS};
}

static void set_world(struct world *w, const struct plan *plan, unsigned policy, size_t watched)
{
    static char name[] = "get.example.org", no_name[] = "",
                ids[SITES_MAX][4] = {"dc1", "dc2", "dc3"};

    memset(w, 0, sizeof *w);
    w->weather = plan->weather;
    w->watched = watched;
    w->cuts_max = plan->full ? SITES_MAX * SITES_MAX : plan->n_sites == 2;
    w->check = (struct conf_check){.name = no_name, .rise = plan->rise, .fall = plan->fall};
    w->conf.name = name;
    w->conf.sites = w->conf_sites;
    w->conf.n_sites = plan->n_sites;
    w->conf.checks = &w->check;
    w->conf.n_checks = 1;
    w->conf.policy = policy_of(policy, plan);
    for (size_t i = 0; i < plan->n_sites; i++) {
        struct conf_site *site = &w->conf_sites[i];

        site->id = ids[i];
        site->preference = plan->preferences[i];
        site->address.n = 1;
        site->address.at[0].family = AF_INET;
    }
}

/* What was seen under one plan. */
struct sums {
    size_t states, at_rest, largest;
    unsigned depth, silence, notice, rest;
};

static void describe(const struct world *w)
{
    static const char *const withdraw[] = {"silent", "servfail", "hand-over"};
    const struct conf_policy *policy = &w->conf.policy;

    printf("answer = %s, withdraw = %s, last-resort = %s, return = %s; preferences",
           policy->answer == CONF_ANSWER_OWN ? "own" : "serving", withdraw[policy->withdraw],
           policy->last_resort ? "yes" : "no",
           policy->comeback == CONF_RETURN_MANUAL ? "manual" : "automatic");
    for (size_t i = 0; i < w->conf.n_sites; i++)
        printf(" %u", w->conf.sites[i].preference);
    puts("");
}

static unsigned max(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* The last of w->found is where it broke, unless rest has printed it. */
static bool explore_one(struct world *w, struct sums *sums)
{
    const char *fault = world_explore(w);

    if (fault)
        world_print_trace(w, w->found.n - 1);
    else if (w->watched == 0)
        fault = rest_explore(w, &sums->at_rest);
    if (fault) {
        printf("BROKEN: %s.\n", fault);
        describe(w);
    }
    sums->states += w->found.n;
    sums->largest = w->found.n > sums->largest ? w->found.n : sums->largest;
    sums->depth = max(sums->depth, w->depth);
    sums->silence = max(sums->silence, w->silence);
    sums->notice = max(sums->notice, w->notice);
    sums->rest = max(sums->rest, w->rest);
    world_done(w);
    return !fault;
}

/* Sites of the same preference differ in nothing but their place: one of them is watched. */
static bool is_like_an_earlier(const struct plan *plan, size_t site)
{
    for (size_t i = 0; i < site; i++)
        if (plan->preferences[i] == plan->preferences[site])
            return true;
    return false;
}

/* A row of the table in docs/architecture.md. */
static void print_row(const struct plan *plan, const struct sums *sums, long seconds)
{
    const struct weather *weather = &plan->weather;

    printf("|");
    for (size_t i = 0; i < plan->n_sites; i++)
        printf(" %u", plan->preferences[i]);
    printf(" | %u, %u, %u to %u |", plan->rise, plan->fall, plan->hold_rounds,
           plan->hold_max_rounds);
    printf("%s%s%s%s | %u |", weather->restarts ? " restarts" : "",
           weather->overrides ? " overrides" : "", weather->late ? " late" : "",
           weather->reloads ? " reloads" : "", plan->n_policies);
    printf(" %zu | %u | %zu | %u, %u, %u | %ld s |\n", sums->states, sums->depth, sums->at_rest,
           sums->silence, sums->notice, sums->rest, seconds);
}

static bool explore_all(const struct plan *plan)
{
    static struct world w;
    struct timespec start, end;
    struct sums sums = {0};

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned policy = 0; policy < plan->n_policies; policy++)
        for (size_t watched = 0; watched < plan->n_sites; watched++) {
            if (is_like_an_earlier(plan, watched))
                continue;
            set_world(&w, plan, policy, watched);
            w.silence_max = max(plan->rise, plan->hold_max_rounds) + 1;
            w.notice_max = 2 * plan->fall + 1 + plan->weather.late;
            w.rest_max = max(plan->rise + plan->hold_max_rounds, 2 * plan->fall) + 1;
            if (!explore_one(&w, &sums))
                return false;
        }
    clock_gettime(CLOCK_MONOTONIC, &end);
    print_row(plan, &sums, end.tv_sec - start.tv_sec);
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    bool full = argc == 2 && !strcmp(argv[1], "--full");

    if (argc > 1 && !full) {
        fprintf(stderr, "usage: %s [--full]\n", argv[0]);
        return 64;
    }
    puts("| preferences | rise, fall, hold-down | also | policies | states | depth | on the way to "
         "rest | silence, notice, rest | time |\n|---|---|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        if ((full || !plans[i].full) && !explore_all(&plans[i]))
            return 1;
    return 0;
}
