/* SPDX-License-Identifier: ISC */
#include "gate.h"

#include <stdio.h>

const char *zone_state_name(enum zone_state state)
{
    static const char *const names[ZONE_STATES] = {
        [ZONE_STARTING] = "starting", [ZONE_SERVING] = "serving",
        [ZONE_FAILING] = "failing",   [ZONE_STANDBY] = "standby",
        [ZONE_DRAINING] = "draining", [ZONE_LAST_RESORT] = "last-resort",
        [ZONE_EXPIRED] = "expired",   [ZONE_STOPPING] = "stopping",
    };

    return names[state];
}

bool gate_needs_peer(const struct conf_policy *policy, uint32_t own, uint32_t peer)
{
    return policy->last_resort || peer < own;
}

/* The first check in that state, or NULL. */
static const struct gate_check *find_check(const struct gate_input *in, enum health health)
{
    for (size_t i = 0; i < in->n_checks; i++)
        if (in->checks[i].health == health)
            return &in->checks[i];
    return NULL;
}

/* The first peer in that state whose preference is below limit, or NULL. */
static const struct gate_peer *find_peer(const struct gate_input *in, enum health health,
                                         uint64_t limit)
{
    for (size_t i = 0; i < in->n_peers; i++)
        if (in->peers[i].health == health && in->peers[i].preference < limit)
            return &in->peers[i];
    return NULL;
}

enum health gate_health(const struct gate_input *in)
{
    if (find_check(in, HEALTH_DOWN))
        return HEALTH_DOWN;
    return find_check(in, HEALTH_UNKNOWN) ? in->inherited : HEALTH_UP;
}

static enum zone_state obey(const struct gate_input *in, char *reason)
{
    static const struct {
        enum zone_state state;
        const char *reason;
    } orders[] = {
        [GATE_EXPIRED] = {ZONE_EXPIRED, "no valid signatures"},
        [GATE_DRAIN] = {ZONE_DRAINING, "a planned stop"},
        [GATE_STOP] = {ZONE_STOPPING, "told to stop"},
    };

    snprintf(reason, GATE_REASON_MAX, "%s",
             in->order_reason ? in->order_reason : orders[in->order].reason);
    return orders[in->order].state;
}

static void print_check(char *reason, const struct gate_check *check, const char *suffix)
{
    snprintf(reason, GATE_REASON_MAX, "check%s%s: %.200s%s", *check->name ? " " : "", check->name,
             check->reason, suffix);
}

static enum zone_state decide_unhealthy(const struct gate_input *in, uint64_t now_ms, char *reason)
{
    const struct gate_check *down = find_check(in, HEALTH_DOWN);
    bool alone = in->policy->last_resort && !find_peer(in, HEALTH_UP, UINT64_MAX) &&
                 !find_peer(in, HEALTH_UNKNOWN, UINT64_MAX);
    const char *suffix = alone ? "; no other site answers" : "";

    if (down)
        print_check(reason, down, suffix);
    else if (in->held_until_ms > now_ms)
        snprintf(reason, GATE_REASON_MAX,
                 "all checks pass again, but hold-down lasts %.1f s more%s",
                 (double)(in->held_until_ms - now_ms) / 1000, suffix);
    else
        snprintf(reason, GATE_REASON_MAX, "failed before the reload, not checked again yet%s",
                 suffix);
    return alone ? ZONE_LAST_RESORT : ZONE_FAILING;
}

static enum zone_state decide_healthy(const struct gate_input *in, char *reason)
{
    const struct gate_peer *better = find_peer(in, HEALTH_UP, in->preference);
    const struct gate_peer *unknown = find_peer(in, HEALTH_UNKNOWN, in->preference);

    if (better) {
        snprintf(reason, GATE_REASON_MAX, "site %s answers, its preference %u comes before our %u",
                 better->id, better->preference, in->preference);
        return ZONE_STANDBY;
    }
    if (unknown && in->inherited != HEALTH_UP) { /* else a reload would be a gap */
        snprintf(reason, GATE_REASON_MAX, "asking site %s whether it serves", unknown->id);
        return ZONE_STARTING;
    }
    if (in->n_checks == 1)
        print_check(reason, &in->checks[0], "");
    else
        snprintf(reason, GATE_REASON_MAX, "all %zu checks pass", in->n_checks);
    return ZONE_SERVING;
}

enum zone_state gate_decide(const struct gate_input *in, uint64_t now_ms, char *reason)
{
    enum health health = gate_health(in);

    if (in->order != GATE_NO_ORDER)
        return obey(in, reason);
    if (health == HEALTH_UNKNOWN) {
        snprintf(reason, GATE_REASON_MAX, "waiting for the first result");
        return ZONE_STARTING;
    }
    if (health == HEALTH_DOWN || in->held_until_ms > now_ms)
        return decide_unhealthy(in, now_ms, reason);
    return decide_healthy(in, reason);
}
