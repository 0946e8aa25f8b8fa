/* SPDX-License-Identifier: ISC */
#include "site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alike.h"
#include "witness.h"

enum { NOW_MS = 100 * ROUND_MS, AGE_BITS = 4, AGE_MAX = (1 << AGE_BITS) - 1 };

/* How a site came to where it is, if in a way that it must not. */
enum way { SOUND, COMES_AND_GOES, GAP, MISCOUNTS, HOLDS, WAYS };

struct inside {
    bool alive;
    enum way way;
    struct gate gate; /* of its hold: since_ms is the age, until_ms what is left */
    struct rise_fall own, peers[SITES_MAX];
    struct witness witness;
};

/* Puts value below the others into key. */
static void push(uint64_t *key, unsigned bits, uint64_t value)
{
    if (value >> bits) {
        fprintf(stderr, "a state has no room for %" PRIu64 " in %u bits\n", value, bits);
        exit(2);
    }
    *key = *key << bits | value;
}

static uint64_t pull(uint64_t *key, unsigned bits)
{
    uint64_t value = *key & ((UINT64_C(1) << bits) - 1);

    *key >>= bits;
    return value;
}

static void push_result(uint64_t *key, const struct rise_fall *result)
{
    push(key, 2, result->health);
    push(key, 2, result->against);
    push(key, 1, result->alarmed);
}

static struct rise_fall pull_result(uint64_t *key)
{
    bool alarmed = pull(key, 1);
    uint32_t against = (uint32_t)pull(key, 2);

    return (struct rise_fall){(enum health)pull(key, 2), against, alarmed};
}

static uint64_t key_of(const struct inside *s)
{
    const struct hold *hold = &s->gate.hold;
    uint64_t key = 0;

    push(&key, 1, s->alive);
    push(&key, 3, s->way);
    push(&key, 2, s->gate.override);
    push(&key, 2, s->gate.health);
    push(&key, 2, s->gate.inherited);
    push(&key, 1, hold->in_service);
    push(&key, AGE_BITS, hold->since_ms / ROUND_MS);
    push(&key, 4, hold->until_ms / ROUND_MS);
    push(&key, 4, hold->length_ms / ROUND_MS);
    push_result(&key, &s->own);
    for (size_t i = 0; i < SITES_MAX; i++)
        push_result(&key, &s->peers[i]);
    push(&key, WITNESS_BITS, witness_pack(&s->witness));
    return key;
}

static struct inside inside_of(uint64_t key)
{
    struct inside s = {0};
    struct hold *hold = &s.gate.hold;

    s.witness = witness_unpack((uint32_t)pull(&key, WITNESS_BITS));
    for (size_t i = SITES_MAX; i-- > 0;)
        s.peers[i] = pull_result(&key);
    s.own = pull_result(&key);
    hold->length_ms = (uint32_t)pull(&key, 4) * ROUND_MS;
    hold->until_ms = pull(&key, 4) * ROUND_MS;
    hold->since_ms = pull(&key, AGE_BITS) * ROUND_MS;
    hold->in_service = pull(&key, 1);
    s.gate.inherited = (enum health)pull(&key, 2);
    s.gate.health = (enum health)pull(&key, 2);
    s.gate.override = (enum gate_override)pull(&key, 2);
    s.way = (enum way)pull(&key, 3);
    s.alive = pull(&key, 1);
    return s;
}

/* Forgets what hold_update() does not look at any more. If it did, it would see an age that is
 * wrong. */
static void forget(struct hold *hold, const struct conf_policy *policy)
{
    if (!hold->in_service) {
        hold->since_ms = AGE_MAX * ROUND_MS;
        return;
    }
    hold->until_ms = 0;
    if (hold->since_ms >= policy->hold_down_max_ms)
        hold->length_ms = 0;
    if (!hold->length_ms)
        hold->since_ms = 0;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static struct gate_decision decide(const struct site *site, struct inside *s)
{
    const struct gate_check check = {s->own, "-"};
    struct gate_peer peers[SITES_MAX];
    const struct gate_input in = {
        .conf = site->conf, .self = site->self, .checks = &check, .peers = peers};
    struct hold *hold = &s->gate.hold;
    struct gate_decision d;

    for (size_t i = 0; i < SITES_MAX; i++)
        peers[i] = (struct gate_peer){.v4 = s->peers[i]};
    hold->since_ms = NOW_MS - hold->since_ms;
    hold->until_ms += NOW_MS;
    gate_step(&s->gate, &in, NOW_MS, &d);
    hold->since_ms = NOW_MS - hold->since_ms;
    hold->until_ms = minus(hold->until_ms, NOW_MS);
    forget(hold, &site->conf->policy);
    return d;
}

static bool asks(const struct site *site, size_t peer)
{
    return peer < site->conf->n_sites && gate_asks_peer(site->conf, site->self, peer);
}

unsigned site_round(size_t n_sites, size_t self, bool passes, const enum heard *heard)
{
    unsigned event = 0;

    for (size_t i = 0; i < n_sites; i++)
        if (i != self)
            event = event * HEARD_KINDS + heard[i];
    return 2 * event + passes;
}

static void make_round(const struct site *site, struct inside *s, unsigned event)
{
    const struct conf_check *pace = site->conf->checks;
    struct hold *hold = &s->gate.hold;

    if (hold->in_service && hold->length_ms)
        hold->since_ms += ROUND_MS;
    hold->until_ms = minus(hold->until_ms, ROUND_MS);
    witness_round(&s->witness, site->conf, ROUND_MS, event % 2, hold->in_service);
    rise_fall_result(&s->own, pace->rise, pace->fall, event % 2);
    event /= 2;
    for (size_t i = site->conf->n_sites; i-- > 0;) {
        enum heard heard = (enum heard)(event % HEARD_KINDS);

        if (i == site->self)
            continue;
        event /= HEARD_KINDS;
        if (!asks(site, i))
            continue;
        if (heard == NOT_READY)
            rise_fall_alarm(&s->peers[i]);
        else
            rise_fall_result(&s->peers[i], pace->rise, pace->fall, heard == READY);
    }
}

static void reload(struct inside *s, bool check, bool peers)
{
    const struct gate before = s->gate;

    gate_carry_over(&s->gate, &before);
    if (check) {
        s->own = (struct rise_fall){0};
        s->witness.row = 0;
    }
    if (peers)
        memset(s->peers, 0, sizeof s->peers);
}

/* As operator.c does: `in` ends a hold where that is all there is to overrule. */
static void say(struct inside *s, enum gate_override what, enum zone_state state)
{
    bool ends_hold = what == GATE_IN && s->gate.override == GATE_HELD && state == ZONE_OUT;

    s->gate.override = ends_hold ? GATE_AUTO : what;
}

/* Whether it is possible. Does everything but decide anew. */
static bool happens(const struct site *site, struct inside *s, unsigned event,
                    enum zone_state state)
{
    if (s->alive == (event == STARTS))
        return false;
    if (event < ROUNDS)
        make_round(site, s, event);
    else if (event == DIES || event == STARTS) /* what was said is kept on the disk */
        *s = (struct inside){.alive = event == STARTS, .gate.override = s->gate.override};
    else if (event < RELOADS)
        say(s, event == OUT ? GATE_OUT : event == IN ? GATE_IN : GATE_AUTO, state);
    else
        reload(s, event == RELOADS_CHECK || event == RELOADS_ALL, event >= RELOADS_PEERS);
    return true;
}

/* Whether the site has held itself, or let itself go, in a way that `return` does not allow. */
static bool comes_and_goes(const struct site *site, const struct inside *before,
                           const struct inside *after, unsigned event)
{
    bool manual = site->conf->policy.comeback == CONF_RETURN_MANUAL, silence = event == DIES;
    bool failed = before->gate.hold.in_service && !after->gate.hold.in_service && !silence;
    enum gate_override was = before->gate.override, is = after->gate.override;

    if (event >= OUT && event <= AUTO)
        return false;
    if (was == GATE_AUTO)
        return is != (manual && failed ? GATE_HELD : GATE_AUTO);
    return is != was;
}

/* Whether a site was asked, or is to be asked, and is so; of a lower preference only where below.
 */
static bool has_peer(const struct site *site, const struct inside *s, enum health health,
                     bool below)
{
    const struct conf_site *sites = site->conf->sites;

    for (size_t i = 0; i < site->conf->n_sites; i++)
        if (asks(site, i) && s->peers[i].health == health &&
            (!below || sites[i].preference < sites[site->self].preference))
            return true;
    return false;
}

/* Of those that serve by themselves and those that are the last resort. */
static const char *serves_too_early(const struct site *site, const struct inside *s,
                                    const struct look *look)
{
    bool knows = s->gate.inherited == HEALTH_UP; /* from before a reload */

    if ((look->state == ZONE_SERVING || look->state == ZONE_STANDBY) && !s->gate.hold.in_service)
        return "who is held down does not serve";
    if (look->state == ZONE_SERVING && s->own.health != HEALTH_UP &&
        !(knows && s->own.health == HEALTH_UNKNOWN))
        return "who serves has passed its check";
    if (look->state == ZONE_SERVING && !knows && has_peer(site, s, HEALTH_UNKNOWN, true))
        return "who stands by serves once it has asked those that come before it";
    if (look->state == ZONE_LAST_RESORT &&
        (has_peer(site, s, HEALTH_UP, false) || has_peer(site, s, HEALTH_UNKNOWN, false)))
        return "who is the last resort has asked all others, and none is well";
    return NULL;
}

/* What a site must never do, whatever the others do. */
static const char *broken(const struct site *site, const struct inside *s, const struct look *look,
                          const struct gate_decision *d)
{
    static const char *const ways[WAYS] = {
        [COMES_AND_GOES] =
            "who fails is held by `return = manual`, and only the operator ends that",
        [GAP] = "who is well goes on to answer when it reloads",
        [MISCOUNTS] =
            "the health is that of the first result, of `fall` failures or `rise` passes in a row",
        [HOLDS] = "who failed returns when, and not before, it is up and its hold-down has ended"};
    const struct conf_policy *policy = &site->conf->policy;
    unsigned own = 1U << site->self, given = look->answers;
    bool in = look->override == GATE_IN, out = look->override == GATE_OUT,
         withdrawn = look->state == ZONE_FAILING || look->state == ZONE_OUT;

    if (s->way != SOUND)
        return ways[s->way];
    if (d->well != (look->state == ZONE_SERVING || look->state == ZONE_STANDBY))
        return "it is marked if, and only if, it neither serves nor stands by";
    if (out && (look->state != ZONE_OUT || given & own))
        return "who is out does not give itself";
    if (in && (look->state != ZONE_SERVING || given != own))
        return "who is in gives itself, and nobody else";
    if (given & own && look->state != ZONE_SERVING && look->state != ZONE_LAST_RESORT)
        return "only who serves, or is the last resort, gives itself";
    if (look->state == ZONE_LAST_RESORT && !policy->last_resort)
        return "nobody is the last resort where the policy says no";
    if (s->own.health == HEALTH_UNKNOWN && s->gate.inherited == HEALTH_UNKNOWN && !in && !out &&
        look->state != ZONE_STARTING)
        return "who knows nothing of itself yet is starting";
    if (look->override == GATE_HELD && s->gate.hold.in_service && look->state != ZONE_OUT &&
        look->state != ZONE_LAST_RESORT)
        return "who is held although its checks pass is out";
    if (withdrawn && d->servfail != (policy->withdraw == CONF_WITHDRAW_SERVFAIL))
        return "who withdraws says SERVFAIL where the policy says so, and only there";
    for (size_t i = 0; i < site->conf->n_sites; i++)
        if (i != site->self && given >> i & 1 && s->peers[i].health != HEALTH_UP)
            return "only a site that was heard to be ready is given";
    return in ? NULL : serves_too_early(site, s, look);
}

static struct look look_of(const struct site *site, const struct inside *s,
                           const struct gate_decision *d)
{
    struct look look = {.alive = s->alive,
                        .state = d->state,
                        .override = s->gate.override,
                        .answers = (unsigned)d->answers.v4};

    look.heard = !s->alive      ? NOTHING
                 : look.answers ? (d->well ? READY : NOT_READY)
                 : d->servfail  ? NOT_READY
                                : NOTHING;
    look.broken = s->alive ? broken(site, s, &look, d) : NULL;
    return look;
}

/* The number of a state, which may be new. */
static uint16_t number_of(struct site *site, const struct inside *s, const struct gate_decision *d)
{
    size_t n_before = site->states.n, i = found_add(&site->states, key_of(s), 0);

    if (i == STATES_MAX) {
        fprintf(stderr, "a site has more than %d states\n", STATES_MAX);
        exit(2);
    }
    if (site->states.n > n_before)
        site->look[i] = look_of(site, s, d);
    return (uint16_t)i;
}

static enum way way_of(const struct site *site, const struct inside *before, struct inside *after,
                       unsigned event)
{
    enum health due = before->own.health;

    if (event < ROUNDS)
        due = witness_health(&after->witness, site->conf, due);
    if (event == DIES || event == STARTS)
        return SOUND;
    if (comes_and_goes(site, before, after, event))
        return COMES_AND_GOES;
    if (event < RELOADS && after->own.health != due)
        return MISCOUNTS;
    if (witness_contradicts(&after->witness, site->conf, ROUND_MS, &before->gate, &after->gate))
        return HOLDS;
    return SOUND;
}

static uint16_t next_of(struct site *site, size_t state, unsigned event)
{
    const struct inside before = inside_of(site->states.states[state].key);
    struct inside after = before;
    struct gate_decision d = {0};

    if (before.way != SOUND || !happens(site, &after, event, site->look[state].state))
        return (uint16_t)state;
    if (after.alive)
        d = decide(site, &after);
    after.way = way_of(site, &before, &after, event);
    if (event >= RELOADS && site->look[state].heard == READY && answer_set_is_empty(d.answers))
        after.way = GAP;
    return number_of(site, &after, &d);
}

void site_make(struct site *site, const struct conf *conf, size_t self, bool reloads)
{
    const struct gate_decision none = {0};
    unsigned n_events = reloads ? EVENTS : RELOADS;

    site->conf = conf;
    site->self = self;
    number_of(site, &(struct inside){0}, &none);
    for (size_t state = 0; state < site->states.n; state++)
        for (unsigned event = 0; event < n_events; event++)
            site->next[state][event] = next_of(site, state, event);
    alike_merge(site, n_events);
}

void site_done(struct site *site)
{
    found_done(&site->states);
}
