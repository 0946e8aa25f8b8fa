/* SPDX-License-Identifier: ISC */
#include "gate.h"

#include <stdio.h>

#include "conf/value.h"

enum { REASON_SHOWN_MAX = 201 }; /* octets of a check's reason, the final NUL included */

const char *zone_state_name(enum zone_state state)
{
    static const char *const names[ZONE_STATES] = {
        [ZONE_STARTING] = "starting",       [ZONE_SERVING] = "serving",
        [ZONE_FAILING] = "failing",         [ZONE_STANDBY] = "standby",
        [ZONE_EXPIRED] = "expired",         [ZONE_STOPPING] = "stopping",
        [ZONE_LAST_RESORT] = "last-resort", [ZONE_OUT] = "out",
    };

    return names[state];
}

const char *gate_override_name(enum gate_override override)
{
    static const char *const names[GATE_OVERRIDES] = {
        [GATE_AUTO] = "auto", [GATE_IN] = "in", [GATE_OUT] = "out", [GATE_HELD] = "held"};

    return names[override];
}

bool gate_asks_peer(const struct conf *conf, size_t self, size_t peer)
{
    const struct conf_policy *policy = &conf->policy;
    uint32_t own = conf->sites[self].preference, other = conf->sites[peer].preference;

    if (peer == self)
        return false;
    return other < own || policy->last_resort || policy->withdraw == CONF_WITHDRAW_HAND_OVER ||
           (other == own && policy->answer == CONF_ANSWER_SERVING);
}

void gate_carry_over(struct gate *gate, const struct gate *before)
{
    *gate = (struct gate){
        .hold = before->hold, .override = before->override, .inherited = before->health};
}

/* The first check in that state, or the number of checks. */
static size_t find_check(const struct gate_input *in, enum health health)
{
    size_t i = 0;

    while (i < in->conf->n_checks && in->checks[i].result.health != health)
        i++;
    return i;
}

static bool has_check(const struct gate_input *in, enum health health)
{
    return find_check(in, health) < in->conf->n_checks;
}

static enum health health_of_checks(const struct gate *gate, const struct gate_input *in)
{
    if (has_check(in, HEALTH_DOWN))
        return HEALTH_DOWN;
    return has_check(in, HEALTH_UNKNOWN) ? gate->inherited : HEALTH_UP;
}

/* A site that answers over one family is well, whatever becomes of the other (this host may lack
 * it); but if it says that it is not ready, it is not, over whichever family. */
enum health gate_peer_health(const struct gate_input *in, size_t peer)
{
    const struct gate_peer *p = &in->peers[peer];
    struct answer_set asked = answer_set_of_site(in->conf, peer);
    bool unknown = false;

    if (p->v4.alarmed || p->v6.alarmed)
        return HEALTH_DOWN;
    if (p->v4.health == HEALTH_UP || p->v6.health == HEALTH_UP)
        return HEALTH_UP;
    unknown = (asked.v4 && p->v4.health == HEALTH_UNKNOWN) ||
              (asked.v6 && p->v6.health == HEALTH_UNKNOWN);
    return unknown ? HEALTH_UNKNOWN : HEALTH_DOWN;
}

/* Of the peers of that health that are asked: the first of the lowest preference, if that is below
 * limit; else the number of sites. */
static size_t best_peer(const struct gate_input *in, enum health health, uint64_t limit)
{
    size_t best = in->conf->n_sites;

    for (size_t i = 0; i < in->conf->n_sites; i++)
        if (gate_asks_peer(in->conf, in->self, i) && in->conf->sites[i].preference < limit &&
            gate_peer_health(in, i) == health) {
            best = i;
            limit = in->conf->sites[i].preference;
        }
    return best;
}

static bool has_peer(const struct gate_input *in, enum health health)
{
    return best_peer(in, health, UINT64_MAX) < in->conf->n_sites;
}

/* The addresses of the peers of that preference that are well, added to own. An address whose
 * nameserver does not answer over its family is not given, unless no other of that family is left.
 */
static struct answer_set add_peers(const struct gate_input *in, uint32_t preference,
                                   struct answer_set own)
{
    struct answer_set all = own, answering = own;

    for (size_t i = 0; i < in->conf->n_sites; i++) {
        struct answer_set site = answer_set_of_site(in->conf, i);

        if (!gate_asks_peer(in->conf, in->self, i) || in->conf->sites[i].preference != preference ||
            gate_peer_health(in, i) != HEALTH_UP)
            continue;
        all = answer_set_union(all, site);
        if (in->peers[i].v4.health == HEALTH_UP)
            answering.v4 |= site.v4;
        if (in->peers[i].v6.health == HEALTH_UP)
            answering.v6 |= site.v6;
    }
    return (struct answer_set){answering.v4 ? answering.v4 : all.v4,
                               answering.v6 ? answering.v6 : all.v6};
}

/* Those of the peers that are well and come before all others that are. */
static struct answer_set best_peers(const struct gate_input *in)
{
    size_t best = best_peer(in, HEALTH_UP, UINT64_MAX);

    if (best == in->conf->n_sites)
        return (struct answer_set){0};
    return add_peers(in, in->conf->sites[best].preference, (struct answer_set){0});
}

static void print_check(const struct gate_input *in, size_t i, const char *suffix, char *reason)
{
    const struct conf_check *conf = &in->conf->checks[i];
    const struct gate_check *check = &in->checks[i];
    char progress[64] = "", text[REASON_SHOWN_MAX];

    if (check->result.health == HEALTH_DOWN && check->result.against)
        snprintf(progress, sizeof progress,
                 "passes again, %u of %u; before: ", check->result.against, conf->rise);
    snprintf(reason, GATE_REASON_MAX, "check%s%s: %s%s%s", *conf->name ? " " : "", conf->name,
             progress, value_utf8(check->reason, text, sizeof text), suffix);
}

/* What follows from being withdrawn, whatever the state. */
static void withdraw(const struct gate_input *in, struct gate_decision *d)
{
    enum conf_withdraw how = in->conf->policy.withdraw;

    if (how == CONF_WITHDRAW_HAND_OVER)
        d->answers = best_peers(in);
    d->servfail = how == CONF_WITHDRAW_SERVFAIL;
    d->trouble = true;
}

static void decide_not_well(const struct gate *gate, const struct gate_input *in,
                            struct gate_decision *d)
{
    const struct conf_policy *policy = &in->conf->policy;
    bool hands_over = policy->withdraw == CONF_WITHDRAW_HAND_OVER;
    bool alone = (policy->last_resort || hands_over) && !has_peer(in, HEALTH_UP) &&
                 !has_peer(in, HEALTH_UNKNOWN);
    const char *suffix = alone ? "; no other site answers" : "";

    if (has_check(in, HEALTH_DOWN))
        print_check(in, find_check(in, HEALTH_DOWN), suffix, d->reason);
    else if (gate->health == HEALTH_DOWN)
        snprintf(d->reason, sizeof d->reason, "failed before the reload, not checked again yet%s",
                 suffix);
    else if (gate->hold.in_service)
        snprintf(d->reason, sizeof d->reason,
                 "all checks pass again; out until `sitensctl in %s` (return = manual)%s",
                 in->conf->name, suffix);
    else
        snprintf(d->reason, sizeof d->reason,
                 "all checks pass again; out until the hold-down of %.1f s ends%s",
                 (double)gate->hold.length_ms / 1000, suffix);
    d->state = gate->hold.in_service ? ZONE_OUT : ZONE_FAILING;
    withdraw(in, d);
    if (policy->last_resort && alone) {
        d->state = ZONE_LAST_RESORT;
        d->answers = answer_set_of_site(in->conf, in->self);
    }
}

static void decide_by_operator(const struct gate *gate, const struct gate_input *in,
                               struct gate_decision *d)
{
    size_t down = find_check(in, HEALTH_DOWN);
    char text[REASON_SHOWN_MAX];

    snprintf(d->reason, sizeof d->reason, "the operator said `sitensctl %s`",
             gate_override_name(gate->override));
    if (gate->override == GATE_OUT) {
        d->state = ZONE_OUT;
        withdraw(in, d);
        return;
    }
    d->state = ZONE_SERVING;
    d->well = true;
    d->answers = answer_set_of_site(in->conf, in->self);
    if (down < in->conf->n_checks) {
        d->trouble = true;
        snprintf(d->reason, sizeof d->reason,
                 "the operator said `sitensctl in`, although check%s%s: %s",
                 *in->conf->checks[down].name ? " " : "", in->conf->checks[down].name,
                 value_utf8(in->checks[down].reason, text, sizeof text));
    }
}

/* By `return = manual`, who fails stays out until the operator has looked. */
static void hold_back(struct gate *gate, const struct gate_input *in, bool was_in_service)
{
    bool manual = in->conf->policy.comeback == CONF_RETURN_MANUAL;

    if (manual && was_in_service && !gate->hold.in_service && gate->override == GATE_AUTO)
        gate->override = GATE_HELD;
    else if (!manual && gate->override == GATE_HELD)
        gate->override = GATE_AUTO;
}

static void print_well(const struct gate_input *in, char *reason)
{
    if (has_check(in, HEALTH_UNKNOWN))
        snprintf(reason, GATE_REASON_MAX, "passed before the reload, not checked again yet");
    else if (in->conf->n_checks == 1)
        print_check(in, 0, "", reason);
    else
        snprintf(reason, GATE_REASON_MAX, "all %zu checks pass", in->conf->n_checks);
}

static void decide_well(const struct gate *gate, const struct gate_input *in,
                        struct gate_decision *d)
{
    const struct conf_site *sites = in->conf->sites;
    uint32_t own = sites[in->self].preference;
    size_t n = in->conf->n_sites, better = best_peer(in, HEALTH_UP, own),
           unknown = best_peer(in, HEALTH_UNKNOWN, own);

    if (better < n) {
        snprintf(d->reason, sizeof d->reason,
                 "site %s answers, its preference %u comes before our %u", sites[better].id,
                 sites[better].preference, own);
        d->state = ZONE_STANDBY;
        d->well = d->standby = true;
        d->answers = best_peers(in);
    } else if (unknown < n && gate->inherited != HEALTH_UP) { /* else a reload would be a gap */
        snprintf(d->reason, sizeof d->reason, "asking site %s whether it serves",
                 sites[unknown].id);
        d->state = ZONE_STARTING;
    } else {
        print_well(in, d->reason);
        d->state = ZONE_SERVING;
        d->well = true;
        d->answers = answer_set_of_site(in->conf, in->self);
        if (in->conf->policy.answer == CONF_ANSWER_SERVING)
            d->answers = add_peers(in, own, d->answers);
    }
}

void gate_step(struct gate *gate, const struct gate_input *in, uint64_t now_ms,
               struct gate_decision *ret)
{
    bool was_in_service = gate->hold.in_service, fit;

    *ret = (struct gate_decision){.state = ZONE_STARTING};
    gate->health = health_of_checks(gate, in);
    fit = hold_update(&gate->hold, &in->conf->policy, gate->health == HEALTH_UP, now_ms);
    hold_back(gate, in, was_in_service);
    ret->override = gate->override;
    if (gate->health == HEALTH_UP && !fit)
        ret->again_ms = gate->hold.until_ms;
    if (in->stopping) {
        ret->state = ZONE_STOPPING;
        snprintf(ret->reason, sizeof ret->reason, "told to stop");
    } else if (in->expired) {
        ret->state = ZONE_EXPIRED;
        ret->trouble = true;
        snprintf(ret->reason, sizeof ret->reason, "%s", in->expired);
    } else if (gate->override == GATE_IN || gate->override == GATE_OUT) {
        decide_by_operator(gate, in, ret);
    } else if (gate->health == HEALTH_UNKNOWN) {
        snprintf(ret->reason, sizeof ret->reason, "waiting for the first result");
    } else if (fit && gate->override != GATE_HELD) {
        decide_well(gate, in, ret);
    } else {
        decide_not_well(gate, in, ret);
    }
}

bool gate_same_but_reason(const struct gate_decision *a, const struct gate_decision *b)
{
    return a->state == b->state && answer_set_equal(a->answers, b->answers) && a->well == b->well &&
           a->servfail == b->servfail && a->override == b->override;
}
