/* SPDX-License-Identifier: ISC */
#include "sites.h"

#include <string.h>

#include "health/check.h"

static struct conf_check pace = {.name = (char *)"",
                                 .interval_ms = 1000,
                                 .fast_interval_ms = 250,
                                 .timeout_ms = 1000,
                                 .fall = 2,
                                 .rise = 3};

uint32_t sites_random(struct world *w, uint32_t limit)
{
    return test_random(&w->seed) % limit;
}

/* Begins a round. What is asked is true now, and old news when the answer arrives. sends datagrams
 * are sent; with all of them lost the round ends after timeout_ms. */
static void begin(struct world *w, struct asker *a, enum answer truth, unsigned sends,
                  uint32_t timeout_ms, uint64_t now)
{
    a->running = true;
    a->started = now;
    a->trip = 1 + sites_random(w, TRIP_MAX_MS);
    a->answer = NOTHING;
    a->ends = now + timeout_ms;
    for (unsigned i = 0; truth != NOTHING && i < sends; i++)
        if (sites_random(w, 100) >= w->loss_percent) {
            a->answer = truth;
            a->ends = now + i * PEER_SEND_MS + a->trip;
            break;
        }
}

static void end(struct world *w, struct asker *a)
{
    a->running = false;
    if (a->answer == GOOD)
        peer_pace_measured(&a->pace, (double)a->trip);
    if (a->answer == NOT_READY)
        rise_fall_alarm(&a->result);
    else
        rise_fall_result(&a->result, pace.rise, pace.fall, a->answer == GOOD);
    a->due =
        a->started + check_delay_ms(&pace, rise_fall_in_doubt(&a->result), test_random(&w->seed));
}

/* What another site hears from this one. */
static enum answer heard(const struct site *s)
{
    const struct gate_decision *d = &s->decision;

    if (s->dead)
        return NOTHING;
    if (answer_set_is_empty(d->answers))
        return d->servfail ? NOT_READY : NOTHING;
    return d->well ? GOOD : NOT_READY;
}

static void ask(struct world *w, size_t self, uint64_t now)
{
    struct site *s = &w->sites[self];

    if (s->own.running && now >= s->own.ends)
        end(w, &s->own);
    else if (!s->own.running && now >= s->own.due)
        begin(w, &s->own,
              s->web               ? GOOD
              : sites_random(w, 2) ? BAD
                                   : NOTHING,
              1, pace.timeout_ms, now);
    for (size_t i = 0; i < w->conf.n_sites; i++)
        for (int f = 0; f < FAMILIES && gate_asks_peer(&w->conf, self, i); f++) {
            struct asker *a = &s->peers[i][f];

            if (a->running && now >= a->ends)
                end(w, a);
            else if (!a->running && now >= a->due)
                begin(w, a, w->cut[self][i] ? NOTHING : heard(&w->sites[i]),
                      peer_pace_sends(pace.fall), peer_pace_timeout_ms(&a->pace, pace.fall), now);
        }
}

static void decide(struct world *w, size_t self, uint64_t now)
{
    struct site *s = &w->sites[self];
    struct gate_check check = {s->own.result, "-"};
    struct gate_peer peers[SITES_MAX];
    const struct gate_input in = {.conf = &w->conf, .self = self, .checks = &check, .peers = peers};
    const struct gate_decision before = s->decision;

    for (size_t i = 0; i < w->conf.n_sites; i++)
        peers[i] = (struct gate_peer){s->peers[i][0].result, s->peers[i][1].result};
    gate_step(&s->gate, &in, now, &s->decision);
    w->changes += !gate_same_but_reason(&s->decision, &before);
}

bool sites_answering(const struct site *s)
{
    return !s->dead && !answer_set_is_empty(s->decision.answers);
}

static void flip(struct world *w, uint64_t now)
{
    size_t a = sites_random(w, (uint32_t)w->conf.n_sites);
    size_t b = sites_random(w, (uint32_t)w->conf.n_sites);

    w->sites[a].web = sites_random(w, 2);
    w->sites[a].web_since = now;
    w->sites[b].dead = sites_random(w, 4) == 0;
    w->cut[a][b] = w->cut[b][a] = sites_random(w, 4) == 0;
}

void sites_run(struct world *w, uint64_t from, uint64_t ms, uint32_t flip_every_ms,
               void (*on_step)(const struct world *w, uint64_t now))
{
    w->changes = w->silent_steps = 0;
    for (uint64_t now = from; now < from + ms; now += STEP_MS) {
        bool answered = false;

        if (flip_every_ms && sites_random(w, flip_every_ms / STEP_MS) == 0)
            flip(w, now);
        for (size_t i = 0; i < w->conf.n_sites; i++) {
            ask(w, i, now);
            decide(w, i, now);
            answered = answered || sites_answering(&w->sites[i]);
        }
        w->silent_steps += !answered;
        if (on_step)
            on_step(w, now);
    }
}

static struct conf_policy some_policy(struct world *w)
{
    return (struct conf_policy){.answer = (enum conf_answer)sites_random(w, 2),
                                .withdraw = (enum conf_withdraw)sites_random(w, 3),
                                .last_resort = sites_random(w, 2),
                                .hold_down_ms = 1000,
                                .hold_down_max_ms = HOLD_MAX_MS};
}

void sites_make(struct world *w, uint32_t seed)
{
    static char id[] = "dc";

    *w = (struct world){.seed = seed, .loss_percent = 10};
    w->conf.n_sites = 2 + sites_random(w, SITES_MAX - 1);
    w->conf.sites = w->conf_sites;
    w->conf.n_checks = 1;
    w->conf.checks = &pace;
    w->conf.policy = some_policy(w);
    for (size_t i = 0; i < w->conf.n_sites; i++) {
        struct conf_site *site = &w->conf_sites[i];

        site->id = id;
        site->preference = 10 * (1 + sites_random(w, 2));
        site->address.n = 2;
        site->address.at[0].family = AF_INET;
        site->address.at[1].family = AF_INET6;
        w->sites[i].web = sites_random(w, 2);
    }
}

void sites_calm(struct world *w, uint32_t healthy)
{
    for (size_t i = 0; i < w->conf.n_sites; i++) {
        w->sites[i].web = healthy >> i & 1;
        w->sites[i].dead = false;
    }
    memset(w->cut, 0, sizeof w->cut);
    w->loss_percent = 0;
}
