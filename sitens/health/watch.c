/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "check.h"
#include "checker.h"
#include "hold.h"

enum { SETTLE_MAX_MS = 30 * 1000 }; /* READY=1 waits no longer: systemd gives up after 90 s */

struct watch {
    uv_timer_t timer; /* the end of the hold-down */
    const struct conf *conf;
    const struct conf_site *self;
    enum gate_order order;
    const char *order_reason;
    enum health health, inherited; /* as in gate.h */
    struct hold hold;
    uint64_t started_ms;
    enum zone_state state;
    char reason[GATE_REASON_MAX];
    watch_state_fn on_state;
    void *userdata;
    struct check *checks[CONF_CHECKS_MAX]; /* as in conf */
    struct check *peers[CONF_SITES_MAX];   /* as the sites of conf; NULL: not asked */
};

int watch_env_new(uv_loop_t *loop, struct watch_env **ret)
{
    struct watch_env *env = calloc(1, sizeof *env);
    int r;

    if (!env)
        return -ENOMEM;
    env->loop = loop;
    r = bus_new(loop, &env->bus);
    if (r == 0)
        r = helpers_new(loop, &env->helpers);
    if (r == 0)
        r = checker_new(loop, env->helpers, &env->checker);
    if (r < 0) {
        watch_env_free(env);
        return r;
    }
    *ret = env;
    return 0;
}

void watch_env_free(struct watch_env *env)
{
    if (env->checker)
        checker_free(env->checker);
    if (env->helpers)
        helpers_free(env->helpers);
    if (env->bus)
        bus_free(env->bus);
    free(env);
}

bool watch_env_confinement(const struct watch_env *env, unsigned *ret_landlock, bool *ret_whole)
{
    return checker_confinement(env->checker, ret_landlock, ret_whole);
}

static size_t describe_checks(const struct watch *watch, struct gate_check *ret)
{
    for (size_t i = 0; i < watch->conf->n_checks; i++)
        ret[i] = (struct gate_check){watch->conf->checks[i].name, check_health(watch->checks[i]),
                                     check_reason(watch->checks[i])};
    return watch->conf->n_checks;
}

static size_t describe_peers(const struct watch *watch, struct gate_peer *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < watch->conf->n_sites; i++) {
        const struct conf_site *site = &watch->conf->sites[i];

        if (watch->peers[i])
            ret[n++] =
                (struct gate_peer){site->id, site->preference, check_health(watch->peers[i])};
    }
    return n;
}

/* Decides anew. Returns whether the state changed. */
static bool evaluate(struct watch *watch)
{
    uint64_t now_ms = uv_now(watch->timer.loop);
    struct gate_check checks[CONF_CHECKS_MAX];
    struct gate_peer peers[CONF_SITES_MAX];
    struct gate_input in = {
        .policy = &watch->conf->policy,
        .order = watch->order,
        .order_reason = watch->order_reason,
        .preference = watch->self->preference,
        .n_checks = describe_checks(watch, checks),
        .n_peers = describe_peers(watch, peers),
        .checks = checks,
        .peers = peers,
        .inherited = watch->inherited,
    };
    enum zone_state before = watch->state;

    watch->health = gate_health(&in);
    hold_update(&watch->hold, in.policy, watch->health == HEALTH_UP, now_ms);
    in.held_until_ms = watch->hold.until_ms;
    watch->state = gate_decide(&in, now_ms, watch->reason);
    return watch->state != before;
}

static void on_change(void *userdata);

static void on_released(uv_timer_t *timer)
{
    on_change(timer->data);
}

static void on_change(void *userdata)
{
    struct watch *watch = userdata;
    uint64_t now_ms = uv_now(watch->timer.loop);
    bool changed = evaluate(watch);

    if (watch->hold.until_ms > now_ms)
        uv_timer_start(&watch->timer, on_released, watch->hold.until_ms - now_ms, 0);
    if (changed)
        watch->on_state(watch->userdata, watch->state, watch->reason);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* Whether two checks ask the same thing in the same way. */
static bool is_same(const struct conf_check *a, const struct conf_check *b)
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
           same_text(a->unit, b->unit) && a->timeout_ms == b->timeout_ms && a->fall == b->fall &&
           a->rise == b->rise;
}

static const struct check *find_same(const struct watch *previous, const struct conf_check *wanted)
{
    for (size_t i = 0; previous && i < previous->conf->n_checks; i++)
        if (is_same(&previous->conf->checks[i], wanted))
            return previous->checks[i];
    return NULL;
}

static int add_checks(struct watch *watch, struct watch_env *env, const struct watch *previous)
{
    for (size_t i = 0; i < watch->conf->n_checks; i++) {
        const struct conf_check *conf = &watch->conf->checks[i];
        struct probe *probe;
        int r = probe_new(env, conf, &probe);

        if (r == 0)
            r = check_new(env->loop, conf, probe, find_same(previous, conf), on_change, watch,
                          &watch->checks[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static const struct check *find_peer(const struct watch *previous, const struct conf_site *wanted)
{
    for (size_t i = 0; previous && i < previous->conf->n_sites; i++) {
        const struct conf_site *site = &previous->conf->sites[i];

        if (!strcmp(site->id, wanted->id) &&
            !memcmp(&site->address, &wanted->address, sizeof site->address))
            return previous->peers[i];
    }
    return NULL;
}

/* Peers are asked at the pace of the first check. */
static int add_peers(struct watch *watch, struct watch_env *env, const struct watch *previous)
{
    const struct conf *conf = watch->conf;
    const struct conf_check *pace = &conf->checks[0];

    for (size_t i = 0; i < conf->n_sites; i++) {
        const struct conf_site *site = &conf->sites[i];
        struct probe *probe;
        int r;

        if (site == watch->self ||
            !gate_needs_peer(&conf->policy, watch->self->preference, site->preference))
            continue;
        r = probe_peer_new(env, conf, site, pace->timeout_ms, &probe);
        if (r == 0)
            r = check_new(env->loop, pace, probe, find_peer(previous, site), on_change, watch,
                          &watch->peers[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

int watch_new(struct watch_env *env, const struct conf *conf, const struct conf_site *self,
              const struct watch *previous, watch_state_fn on_state, void *userdata,
              struct watch **ret)
{
    struct watch *watch = calloc(1, sizeof *watch);
    int r;

    if (!watch)
        return -ENOMEM;
    uv_timer_init(env->loop, &watch->timer);
    watch->timer.data = watch;
    watch->conf = conf;
    watch->self = self;
    watch->on_state = on_state;
    watch->userdata = userdata;
    watch->started_ms = uv_now(env->loop);
    if (previous) {
        watch->inherited = previous->health;
        watch->hold = previous->hold;
        watch->order = previous->order;
        watch->order_reason = previous->order_reason;
    }
    r = add_checks(watch, env, previous);
    if (r == 0)
        r = add_peers(watch, env, previous);
    if (r < 0) {
        watch_free(watch);
        return r;
    }
    evaluate(watch);
    *ret = watch;
    return 0;
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
        check_free(watch->checks[i]);
    for (size_t i = 0; i < CONF_SITES_MAX; i++)
        check_free(watch->peers[i]);
    uv_close((uv_handle_t *)&watch->timer, on_closed);
}

enum zone_state watch_state(const struct watch *watch)
{
    return watch->state;
}

const char *watch_reason(const struct watch *watch)
{
    return watch->reason;
}

enum zone_state watch_order(struct watch *watch, enum gate_order order, const char *reason)
{
    watch->order = order;
    watch->order_reason = reason;
    evaluate(watch);
    return watch->state;
}

bool watch_settled(const struct watch *watch)
{
    return watch->state != ZONE_STARTING ||
           uv_now(watch->timer.loop) - watch->started_ms > SETTLE_MAX_MS;
}

static bool is_on_time(struct check *const *checks, size_t n, uint64_t now_ms)
{
    for (size_t i = 0; i < n; i++)
        if (checks[i] && !check_on_time(checks[i], now_ms))
            return false;
    return true;
}

bool watch_on_time(const struct watch *watch, uint64_t now_ms)
{
    return is_on_time(watch->checks, CONF_CHECKS_MAX, now_ms) &&
           is_on_time(watch->peers, CONF_SITES_MAX, now_ms);
}

static bool describe(const char *name, const struct check *check, struct watch_item *ret)
{
    *ret =
        (struct watch_item){name, check_health(check), check_passed(check), check_duration(check)};
    return true;
}

bool watch_check(const struct watch *watch, size_t i, struct watch_item *ret)
{
    return i < watch->conf->n_checks &&
           describe(watch->conf->checks[i].name, watch->checks[i], ret);
}

bool watch_peer(const struct watch *watch, size_t i, struct watch_item *ret)
{
    for (size_t site = 0; site < watch->conf->n_sites; site++)
        if (watch->peers[site] && i-- == 0)
            return describe(watch->conf->sites[site].id, watch->peers[site], ret);
    return false;
}
