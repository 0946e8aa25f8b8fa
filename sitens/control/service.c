/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/sign.h"
#include "dns/table.h"
#include "log.h"

static const char *message_id(enum zone_state state)
{
    static const char *const ids[ZONE_STATES] = {
        [ZONE_SERVING] = LOG_ID_SERVING, [ZONE_FAILING] = LOG_ID_FAILING,
        [ZONE_STANDBY] = LOG_ID_STANDBY, [ZONE_LAST_RESORT] = LOG_ID_LAST_RESORT,
        [ZONE_EXPIRED] = LOG_ID_EXPIRED, [ZONE_OUT] = LOG_ID_OUT,
    };

    return ids[state];
}

static enum table_mode current_mode(const struct service_zone *z)
{
    return table_mode(&z->service->table->zones[z->index]);
}

static bool gives_addresses(enum table_mode mode)
{
    return mode == TABLE_SERVE || mode == TABLE_NOT_READY;
}

struct answer_set service_wanted(const struct service_zone *z)
{
    return watch_decision(z->watch)->answers;
}

static bool wants_others(const struct service_zone *z)
{
    struct answer_set wanted = service_wanted(z);

    return !answer_set_is_empty(wanted) &&
           !answer_set_equal(wanted, generation_answers(z->service->generation, z->index));
}

bool service_is_waiting(const struct service_zone *z)
{
    return wants_others(z) && !z->failed;
}

struct answer_set service_answers(const struct service_zone *z)
{
    if (!gives_addresses(current_mode(z)))
        return (struct answer_set){0};
    return generation_answers(z->service->generation, z->index);
}

/* The mode that follows from the decision. While other answers are made, a zone that gives
 * addresses goes on with those it has: silence would cost whoever asks just then a slow lookup. */
static enum table_mode mode_of(const struct service_zone *z, enum table_mode before)
{
    const struct gate_decision *d = watch_decision(z->watch);

    if (answer_set_is_empty(d->answers))
        return d->servfail ? TABLE_SERVFAIL : TABLE_SILENT;
    if (wants_others(z) && !gives_addresses(before))
        return before;
    if (wants_others(z) && z->failed && !d->well)
        return TABLE_SILENT;
    return d->well ? TABLE_SERVE : TABLE_NOT_READY;
}

const char *service_answers_text(const struct service_zone *z, struct answer_set set, char *text,
                                 size_t size)
{
    const struct conf *conf = z->config->conf;
    size_t used = 0;

    snprintf(text, size, "nobody");
    for (size_t i = 0; i < conf->n_sites && used < size; i++) {
        struct answer_set all = answer_set_of_site(conf, i);
        bool v4 = answer_set_has(set, i, AF_INET), v6 = answer_set_has(set, i, AF_INET6);
        const char *only = v4 && all.v6 && !v6   ? " (IPv4 only)"
                           : v6 && all.v4 && !v4 ? " (IPv6 only)"
                                                 : "";

        if (v4 || v6)
            used += (size_t)snprintf(text + used, size - used, "%s%s%s", used ? ", " : "",
                                     conf->sites[i].id, only);
    }
    return text;
}

static struct answer_set own_answers(const struct service_zone *z)
{
    return answer_set_of_site(z->config->conf, (size_t)(z->config->self - z->config->conf->sites));
}

/* Whether addresses of others are in the set: what goes without saying of a state is none. */
static bool has_others(const struct service_zone *z, struct answer_set set)
{
    struct answer_set own = own_answers(z);

    return !answer_set_equal(answer_set_union(set, own), own);
}

static void log_state(const struct service_zone *z, const struct gate_decision *d)
{
    const char *name = z->config->conf->name;
    const struct log_subject subject = {message_id(d->state), name, z->config->self->id,
                                        zone_state_name(d->state), d->reason};

    log_write(d->trouble ? LOG_WARN : LOG_NOTE, &subject, "%s: %s (was %s): %s", name,
              zone_state_name(d->state), zone_state_name(z->told.state), d->reason);
}

static void log_answers(const struct service_zone *z, struct answer_set now)
{
    const struct gate_decision *d = watch_decision(z->watch);
    const char *name = z->config->conf->name;
    const struct log_subject subject = {LOG_ID_ANSWERS, name, z->config->self->id,
                                        zone_state_name(d->state), d->reason};
    char text[1024];

    if (has_others(z, now) || has_others(z, z->told.answers))
        log_write(LOG_NOTE, &subject, "%s: answers with the addresses of %s", name,
                  service_answers_text(z, now, text, sizeof text));
}

/* What came by itself, by `return = manual`, is to be known after a restart too. */
static void keep_override(struct service_zone *z, const struct gate_decision *d)
{
    struct overrides *overrides = z->service->overrides;
    struct override said = {.kind = d->override, .since = time(NULL), .by = -1};
    bool lost;

    snprintf(said.zone, sizeof said.zone, "%s", z->config->conf->name);
    lost =
        d->override != overrides_kind(overrides, said.zone) && overrides_set(overrides, &said) < 0;
    if (lost && !z->unkept)
        log_error("%s: more than %d overrides: this one is lost at the next start; %s has them all",
                  said.zone, OVERRIDES_MAX, overrides->path);
    z->unkept = lost;
}

/* Brings what queries meet in line with the decision and, once it is, tells of it. */
static void apply(struct service_zone *z)
{
    const struct gate_decision *d = watch_decision(z->watch);
    struct answer_set answers;
    bool announced;

    keep_override(z, d);
    if (!wants_others(z))
        z->failed = false;
    table_set_mode(z->service->table, z->index, mode_of(z, current_mode(z)));
    if (service_is_waiting(z))
        return;
    answers = service_answers(z);
    announced = d->state != z->told.state || !answer_set_equal(answers, z->told.answers);
    if (!announced && !z->unshown)
        return;
    if (d->state != z->told.state) {
        log_state(z, d);
        z->since = time(NULL);
        z->changes++;
    }
    if (!answer_set_equal(answers, z->told.answers))
        log_answers(z, answers);
    z->told.state = d->state;
    z->told.answers = answers;
    z->unshown = false;
    z->service->events.on_change(z->service->events.userdata, z, announced);
}

static void on_change(void *userdata)
{
    struct service_zone *z = userdata;

    z->unshown = true;
    apply(z);
    if (wants_others(z))
        z->service->events.on_wanted(z->service->events.userdata);
}

static const struct service_zone *find(const struct service *service, const char *name)
{
    for (size_t i = 0; service && i < service->generation->n_zones; i++)
        if (!strcmp(service->zones[i].config->conf->name, name))
            return &service->zones[i];
    return NULL;
}

/* The set of before, a set of sites of from, as one of sites of to: those of the same id. */
static struct answer_set translate(struct answer_set before, const struct conf *from,
                                   const struct conf *to)
{
    struct answer_set set = {0};

    for (size_t i = 0; i < to->n_sites; i++) {
        const struct conf_site *site = conf_find_site(from, to->sites[i].id);
        struct answer_set all = answer_set_of_site(to, i);

        if (site && answer_set_has(before, (size_t)(site - from->sites), AF_INET))
            set.v4 |= all.v4;
        if (site && answer_set_has(before, (size_t)(site - from->sites), AF_INET6))
            set.v6 |= all.v6;
    }
    return set;
}

struct answer_set service_answers_before(const struct service *service,
                                         const struct generation_zone *zone, struct answer_set set)
{
    const struct service_zone *before = find(service, zone->conf->name);
    struct answer_set wanted = {0};

    if (before)
        wanted = translate(service_wanted(before), before->config->conf, zone->conf);
    return answer_set_is_empty(wanted) ? set : wanted;
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
    sign_is_valid(&z->config->version, time(NULL), &why);
    r = watch_new(env, z->config->conf, z->config->self, before ? before->watch : NULL, why,
                  overrides_kind(s->overrides, z->config->conf->name), on_change, z, &z->watch);
    if (r < 0)
        return r;
    z->since = before ? before->since : time(NULL);
    if (before) {
        z->changes = before->changes;
        z->told.state = before->told.state;
        z->told.answers = translate(before->told.answers, before->config->conf, z->config->conf);
    }
    table_set_mode(s->table, i, mode_of(z, before ? current_mode(before) : TABLE_SILENT));
    return 0;
}

int service_new(struct watch_env *env, struct overrides *overrides,
                const struct generation *generation, struct table *table,
                const struct service *previous, const struct service_events *events,
                struct service **ret)
{
    struct service *s = calloc(1, sizeof *s + generation->n_zones * sizeof s->zones[0]);
    int r = s ? 0 : -ENOMEM;

    if (s) {
        s->env = env;
        s->overrides = overrides;
        s->generation = generation;
        s->table = table;
        s->events = *events;
    }
    for (size_t i = 0; r == 0 && i < generation->n_zones; i++)
        r = watch_zone(s, i, env, previous);
    if (r < 0)
        service_free(s);
    else
        *ret = s;
    return r;
}

void service_take_over(struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        watch_take_over(s->zones[i].watch);
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
    for (size_t i = 0; i < s->generation->n_zones; i++)
        table_set_mode(table, i, mode_of(&s->zones[i], current_mode(&s->zones[i])));
    s->table = table;
}

void service_refresh(struct service *s, time_t now)
{
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        struct service_zone *z = &s->zones[i];
        const char *why;

        sign_is_valid(&z->config->version, now, &why);
        watch_set_expired(z->watch, why);
        apply(z);
    }
}

void service_follow_overrides(struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        struct service_zone *z = &s->zones[i];
        enum gate_override said = overrides_kind(s->overrides, z->config->conf->name);

        if (said != watch_decision(z->watch)->override)
            watch_set_override(z->watch, said);
    }
}

bool service_wants_answers(const struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (wants_others(&s->zones[i]))
            return true;
    return false;
}

void service_failed(struct service *s, const char *why)
{
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        struct service_zone *z = &s->zones[i];

        if (!service_is_waiting(z))
            continue;
        z->failed = true;
        log_error("%s: the answers with other addresses cannot be made: %s", z->config->conf->name,
                  why);
        apply(z);
    }
}

void service_stop(struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        watch_set_stopping(s->zones[i].watch);
}

bool service_settled(const struct service *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (!watch_settled(s->zones[i].watch) || service_is_waiting(&s->zones[i]))
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
    for (size_t i = 0; i < s->generation->n_zones && used < size; i++) {
        const struct service_zone *z = &s->zones[i];
        struct answer_set given = service_answers(z);
        char answers[256];

        used += (size_t)snprintf(
            text + used, size - used, "%s%s: %s (%s)%s%s", i ? "; " : "", z->config->conf->name,
            zone_state_name(z->told.state), watch_decision(z->watch)->reason,
            has_others(z, given) ? ", answers with " : "",
            has_others(z, given) ? service_answers_text(z, given, answers, sizeof answers) : "");
    }
}
