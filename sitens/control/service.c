/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/sign.h"
#include "log.h"

static enum table_mode mode_of(enum zone_state state, const struct conf_policy *policy)
{
    switch (state) {
    case ZONE_SERVING:
        return TABLE_SERVE;
    case ZONE_LAST_RESORT:
        return TABLE_NOT_READY;
    case ZONE_STANDBY:
        return TABLE_SERVFAIL;
    case ZONE_FAILING:
        return policy->withdraw == CONF_WITHDRAW_SERVFAIL ? TABLE_SERVFAIL : TABLE_SILENT;
    default:
        return TABLE_SILENT;
    }
}

static const char *message_id(enum zone_state state)
{
    static const char *const ids[ZONE_STATES] = {
        [ZONE_SERVING] = LOG_ID_SERVING,         [ZONE_FAILING] = LOG_ID_FAILING,
        [ZONE_STANDBY] = LOG_ID_STANDBY,         [ZONE_DRAINING] = LOG_ID_DRAINING,
        [ZONE_LAST_RESORT] = LOG_ID_LAST_RESORT, [ZONE_EXPIRED] = LOG_ID_EXPIRED,
    };

    return ids[state];
}

static void apply_mode(const struct service_zone *z)
{
    table_set_mode(z->service->table, z->index,
                   mode_of(watch_state(z->watch), &z->config->conf->policy));
}

static void announce(struct service_zone *z, enum zone_state state, const char *reason)
{
    const char *name = z->config->conf->name;
    const struct log_subject subject = {message_id(state), name, z->config->self->id,
                                        zone_state_name(state), reason};

    apply_mode(z);
    log_write(state == ZONE_SERVING ? LOG_NOTE : LOG_WARN, &subject, "%s: %s (was %s): %s", name,
              zone_state_name(state), zone_state_name(z->state), reason);
    z->state = state;
    z->changes++;
    z->service->on_change(z->service->userdata, z);
}

static void on_state(void *userdata, enum zone_state state, const char *reason)
{
    announce(userdata, state, reason);
}

static const struct service_zone *find(const struct service *service, const char *name)
{
    for (size_t i = 0; service && i < service->generation->n_zones; i++)
        if (!strcmp(service->zones[i].config->conf->name, name))
            return &service->zones[i];
    return NULL;
}

static int watch_zone(struct service *s, size_t i, struct watch_env *env,
                      const struct service *previous)
{
    struct service_zone *z = &s->zones[i];
    const struct service_zone *before;
    const char *why;
    int r;

    z->service = s;
    z->index = i;
    z->config = &s->generation->zones[i];
    before = find(previous, z->config->conf->name);
    r = watch_new(env, z->config->conf, z->config->self, before ? before->watch : NULL, on_state, z,
                  &z->watch);
    if (r < 0)
        return r;
    z->wanted = generation_answers(s->generation, i);
    z->changes = before ? before->changes : 0;
    z->expired = before && before->expired;
    z->state = before ? before->state : ZONE_STARTING;
    /* Silent from the beginning; service_judge() will say why. */
    if (!sign_is_valid(z->config->zone, time(NULL), &why))
        watch_order(z->watch, GATE_EXPIRED, why);
    apply_mode(z);
    return 0;
}

int service_new(struct watch_env *env, const struct generation *generation, struct table *table,
                const struct service *previous,
                void (*on_change)(void *userdata, const struct service_zone *zone),
                void (*on_wanted)(void *userdata), void *userdata, struct service **ret)
{
    struct service *s = calloc(1, sizeof *s + generation->n_zones * sizeof s->zones[0]);
    int r = s ? 0 : -ENOMEM;

    if (s) {
        s->env = env;
        s->generation = generation;
        s->table = table;
        s->on_change = on_change;
        s->on_wanted = on_wanted;
        s->userdata = userdata;
    }
    for (size_t i = 0; r == 0 && i < generation->n_zones; i++)
        r = watch_zone(s, i, env, previous);
    if (r < 0)
        service_free(s);
    else
        *ret = s;
    return r;
}

void service_free(struct service *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->generation->n_zones; i++)
        watch_free(s->zones[i].watch);
    free(s);
}

void service_set_table(struct service *s, struct table *table)
{
    s->table = table;
    for (size_t i = 0; i < s->generation->n_zones; i++)
        apply_mode(&s->zones[i]);
}

void service_judge(struct service *s, time_t now)
{
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        struct service_zone *z = &s->zones[i];
        const char *why;
        bool expired = !sign_is_valid(z->config->zone, now, &why);

        if (expired || z->expired)
            watch_order(z->watch, expired ? GATE_EXPIRED : GATE_NO_ORDER, why);
        z->expired = expired;
        if (watch_state(z->watch) != z->state)
            announce(z, watch_state(z->watch), watch_reason(z->watch));
    }
}

bool service_wants_answers(const struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (!answer_set_is_empty(s->zones[i].wanted) &&
            !answer_set_equal(s->zones[i].wanted, generation_answers(s->generation, i)))
            return true;
    return false;
}

void service_stop(struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        watch_order(s->zones[i].watch, GATE_STOP, NULL);
        apply_mode(&s->zones[i]);
    }
}

bool service_settled(const struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (!watch_settled(s->zones[i].watch))
            return false;
    return true;
}

const struct service_zone *service_stuck_zone(const struct service *s, uint64_t now_ms)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (!watch_on_time(s->zones[i].watch, now_ms))
            return &s->zones[i];
    return NULL;
}

void service_describe(const struct service *s, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < s->generation->n_zones && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s: %s (%s)", i ? "; " : "",
                                 s->zones[i].config->conf->name,
                                 zone_state_name(watch_state(s->zones[i].watch)),
                                 watch_reason(s->zones[i].watch));
}
