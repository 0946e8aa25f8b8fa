/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "probe.h"

enum { SETTLE_MAX_MS = 30 * 1000 }; /* READY=1 waits no longer: systemd gives up after 90 s */

enum { V4, V6, FAMILIES };
static const int families[FAMILIES] = {[V4] = AF_INET, [V6] = AF_INET6};

/* Where a check is. Both NULL: there is none. */
struct slot {
    struct check *check; /* owned */
    struct slot *from;   /* else: it is still there, in the watch before a reload */
};

struct watch {
    uv_timer_t timer; /* when time alone changes the decision */
    const struct conf *conf;
    size_t self; /* index in conf */
    const char *expired;
    bool stopping;
    struct gate gate;
    struct gate_decision decision;
    uint64_t started_ms;
    watch_change_fn on_change;
    void *userdata;
    struct slot checks[CONF_CHECKS_MAX];         /* as in conf */
    struct slot peers[CONF_SITES_MAX][FAMILIES]; /* as the sites of conf */
};

/* What the gate is told. */
struct facts {
    struct gate_check checks[CONF_CHECKS_MAX];
    struct gate_peer peers[CONF_SITES_MAX];
    struct gate_input in;
};

static const struct check *check_in(const struct slot *slot)
{
    return slot->from ? slot->from->check : slot->check;
}

static struct rise_fall result_in(const struct slot *slot)
{
    const struct check *check = check_in(slot);

    return check ? *check_rise_fall(check) : (struct rise_fall){0};
}

static void collect(const struct watch *watch, struct facts *facts)
{
    facts->in = (struct gate_input){.conf = watch->conf,
                                    .self = watch->self,
                                    .checks = facts->checks,
                                    .peers = facts->peers,
                                    .expired = watch->expired,
                                    .stopping = watch->stopping};
    for (size_t i = 0; i < watch->conf->n_checks; i++)
        facts->checks[i] = (struct gate_check){result_in(&watch->checks[i]),
                                               check_reason(check_in(&watch->checks[i]))};
    for (size_t i = 0; i < watch->conf->n_sites; i++)
        facts->peers[i] =
            (struct gate_peer){result_in(&watch->peers[i][V4]), result_in(&watch->peers[i][V6])};
}

static void on_time(uv_timer_t *timer);

/* Decides anew. Returns whether anything is different. */
static bool decide(struct watch *watch)
{
    const struct gate_decision before = watch->decision;
    uint64_t now_ms = uv_now(watch->timer.loop);
    struct facts facts;

    collect(watch, &facts);
    gate_step(&watch->gate, &facts.in, now_ms, &watch->decision);
    if (watch->decision.again_ms)
        uv_timer_start(&watch->timer, on_time, watch->decision.again_ms - now_ms, 0);
    return !gate_same_but_reason(&watch->decision, &before) ||
           strcmp(watch->decision.reason, before.reason);
}

static void on_result(void *userdata)
{
    struct watch *watch = userdata;

    if (decide(watch))
        watch->on_change(watch->userdata);
}

static void on_time(uv_timer_t *timer)
{
    on_result(timer->data);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* Whether two checks ask the same thing in the same way; how often, and what follows from the
 * results, may differ. */
static bool asks_the_same(const struct conf_check *a, const struct conf_check *b)
{
    return same_text(a->name, b->name) && a->url.tls == b->url.tls &&
           same_text(a->url.unix_path, b->url.unix_path) && same_text(a->url.path, b->url.path) &&
           a->url.port == b->url.port && a->url.localhost == b->url.localhost &&
           !memcmp(&a->url.address, &b->url.address, sizeof a->url.address) &&
           same_text(a->host, b->host) &&
           !memcmp(&a->expect_status, &b->expect_status, sizeof a->expect_status) &&
           same_text(a->expect_body, b->expect_body) && same_text(a->ca_file, b->ca_file) &&
           a->insecure == b->insecure &&
           !memcmp(&a->tcp.address, &b->tcp.address, sizeof a->tcp.address) &&
           a->tcp.port == b->tcp.port && same_text(a->exec, b->exec) &&
           same_text(a->file, b->file) && a->max_age_ms == b->max_age_ms &&
           same_text(a->unit, b->unit) && a->timeout_ms == b->timeout_ms;
}

static struct slot *find_check(struct watch *previous, const struct conf_check *wanted)
{
    for (size_t i = 0; previous && i < previous->conf->n_checks; i++)
        if (asks_the_same(&previous->conf->checks[i], wanted))
            return &previous->checks[i];
    return NULL;
}

static int add_checks(struct watch *watch, struct watch_env *env, struct watch *previous)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < watch->conf->n_checks; i++) {
        const struct conf_check *conf = &watch->conf->checks[i];
        struct probe *probe;

        watch->checks[i].from = find_check(previous, conf);
        if (watch->checks[i].from)
            continue;
        r = probe_new(env, conf, &probe);
        if (r == 0)
            r = check_new(env->loop, watch->conf, conf, probe, on_result, watch,
                          &watch->checks[i].check);
    }
    return r;
}

/* Peers are asked at the pace of the first check. */
static const struct conf_check *peers_pace(const struct watch *watch)
{
    return &watch->conf->checks[0];
}

static struct slot *find_peer(const struct watch *watch, struct watch *previous, size_t wanted,
                              int f)
{
    const struct conf_site *site = &watch->conf->sites[wanted];

    for (size_t i = 0; previous && i < previous->conf->n_sites; i++) {
        const struct conf_site *before = &previous->conf->sites[i];

        if (previous->peers[i][f].check && !strcmp(before->id, site->id) &&
            !memcmp(&before->address, &site->address, sizeof site->address) &&
            peers_pace(previous)->fall == peers_pace(watch)->fall)
            return &previous->peers[i][f];
    }
    return NULL;
}

static int add_peer(struct watch *watch, struct watch_env *env, struct watch *previous, size_t site,
                    int f)
{
    const struct conf_check *pace = peers_pace(watch);
    struct slot *slot = &watch->peers[site][f];
    struct probe *probe;
    int r;

    slot->from = find_peer(watch, previous, site, f);
    if (slot->from)
        return 0;
    r = probe_peer_new(env, watch->conf, &watch->conf->sites[site], families[f], pace->fall,
                       &probe);
    if (r == 0)
        r = check_new(env->loop, watch->conf, pace, probe, on_result, watch, &slot->check);
    return r;
}

static int add_peers(struct watch *watch, struct watch_env *env, struct watch *previous)
{
    int r = 0;

    for (size_t i = 0; i < watch->conf->n_sites; i++) {
        struct answer_set addresses = answer_set_of_site(watch->conf, i);

        for (int f = 0; r == 0 && f < FAMILIES; f++)
            if (gate_asks_peer(watch->conf, watch->self, i) &&
                answer_set_has(addresses, i, families[f]))
                r = add_peer(watch, env, previous, i, f);
    }
    return r;
}

int watch_new(struct watch_env *env, const struct conf *conf, const struct conf_site *self,
              struct watch *previous, const char *expired, enum gate_override override,
              watch_change_fn on_change, void *userdata, struct watch **ret)
{
    struct watch *watch = calloc(1, sizeof *watch);
    int r;

    if (!watch)
        return -ENOMEM;
    uv_timer_init(env->loop, &watch->timer);
    watch->timer.data = watch;
    watch->conf = conf;
    watch->self = (size_t)(self - conf->sites);
    watch->on_change = on_change;
    watch->userdata = userdata;
    watch->started_ms = uv_now(env->loop);
    watch->expired = expired;
    watch->gate.override = override;
    if (previous)
        gate_carry_over(&watch->gate, &previous->gate);
    r = add_checks(watch, env, previous);
    if (r == 0)
        r = add_peers(watch, env, previous);
    if (r < 0) {
        watch_free(watch);
        return r;
    }
    decide(watch);
    *ret = watch;
    return 0;
}

static void take_over(struct watch *watch, struct slot *slot, const struct conf_check *pace)
{
    if (!slot->from)
        return;
    slot->check = slot->from->check;
    slot->from->check = NULL;
    slot->from = NULL;
    check_adopt(slot->check, pace, on_result, watch);
}

void watch_take_over(struct watch *watch)
{
    for (size_t i = 0; i < watch->conf->n_checks; i++)
        take_over(watch, &watch->checks[i], &watch->conf->checks[i]);
    for (size_t i = 0; i < watch->conf->n_sites; i++)
        for (int f = 0; f < FAMILIES; f++)
            take_over(watch, &watch->peers[i][f], peers_pace(watch));
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < CONF_CHECKS_MAX; i++)
        check_free(watch->checks[i].check);
    for (size_t i = 0; i < CONF_SITES_MAX; i++)
        for (int f = 0; f < FAMILIES; f++)
            check_free(watch->peers[i][f].check);
    uv_close((uv_handle_t *)&watch->timer, on_closed);
}

const struct gate_decision *watch_decision(const struct watch *watch)
{
    return &watch->decision;
}

void watch_set_expired(struct watch *watch, const char *why)
{
    if (why != watch->expired) {
        watch->expired = why;
        on_result(watch);
    }
}

void watch_set_override(struct watch *watch, enum gate_override override)
{
    watch->gate.override = override;
    on_result(watch);
}

void watch_set_stopping(struct watch *watch)
{
    watch->stopping = true;
    on_result(watch);
}

bool watch_settled(const struct watch *watch)
{
    return watch->decision.state != ZONE_STARTING ||
           uv_now(watch->timer.loop) - watch->started_ms > SETTLE_MAX_MS;
}

static bool is_on_time(const struct slot *slot, uint64_t now_ms)
{
    return !slot->check || check_on_time(slot->check, now_ms);
}

bool watch_on_time(const struct watch *watch, uint64_t now_ms)
{
    bool good = true;

    for (size_t i = 0; i < CONF_CHECKS_MAX; i++)
        good = good && is_on_time(&watch->checks[i], now_ms);
    for (size_t i = 0; i < CONF_SITES_MAX; i++)
        for (int f = 0; f < FAMILIES; f++)
            good = good && is_on_time(&watch->peers[i][f], now_ms);
    return good;
}

bool watch_check(const struct watch *watch, size_t i, struct watch_item *ret)
{
    const struct check *check;

    if (i >= watch->conf->n_checks)
        return false;
    check = check_in(&watch->checks[i]);
    *ret = (struct watch_item){watch->conf->checks[i].name, check_rise_fall(check)->health,
                               check_reason(check), check_passed(check), check_duration(check)};
    return true;
}

bool watch_peer(const struct watch *watch, size_t i, struct watch_item *ret)
{
    struct facts facts;

    collect(watch, &facts);
    for (size_t site = 0; site < watch->conf->n_sites; site++)
        if (gate_asks_peer(watch->conf, watch->self, site) && i-- == 0) {
            *ret = (struct watch_item){.name = watch->conf->sites[site].id,
                                       .health = gate_peer_health(&facts.in, site)};
            return true;
        }
    return false;
}
