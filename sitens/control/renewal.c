/* SPDX-License-Identifier: ISC */
#include "renewal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns/sign.h"
#include "log.h"

enum {
    READING_LONG_MS = 10 * 1000, /* nobody's site files take that long, but for a reason */
    REPEATED_MAX = 3, /* zones that change their minds all the time do not hold up the others */
};

/* Reading */

static void tell_error(int r)
{
    if (r < 0)
        log_error("loading the configuration: %s", strerror(-r));
}

static void read_files(void *userdata)
{
    struct renewal *r = userdata;
    struct renewal_reading *reading = &r->reading;
    struct faults faults = generation_faults();

    reading->result = generation_load(r->options->paths, r->options->n_paths, r->options->site,
                                      reading->host, &faults, &reading->generation);
}

static void end_reload(struct renewal *r, int result)
{
    tell_error(result);
    r->events.on_reloaded(r->events.userdata, result);
}

static void schedule(struct renewal *r);

static void on_read(void *userdata)
{
    struct renewal *r = userdata;
    struct renewal_reading *reading = &r->reading;

    if (reading->result == 0)
        r->next = reading->generation;
    else
        end_reload(r, reading->result);
    schedule(r);
}

static void begin_reading(struct renewal *r)
{
    struct renewal_reading *reading = &r->reading;
    int result;

    free(reading->host);
    reading->host = NULL;
    result = self_host_read(&reading->host);
    r->reload_wanted = false;
    r->events.on_reloading(r->events.userdata);
    if (result == 0)
        result = task_begin(&reading->task);
    if (result < 0) {
        end_reload(r, result);
        return;
    }
    reading->told = false;
    reading->since_ms = uv_now(r->soon.loop);
}

/* Making */

static void make_answers(void *userdata)
{
    struct renewal *r = userdata;

    r->making.result = update_run(r->making.update);
}

/* A zone goes on with what it is to answer with, under its new site file too. */
static struct update *new_update(const struct renewal *r, struct generation *g)
{
    struct update *u = update_new(g, time(NULL));

    for (size_t i = 0; u && i < g->n_zones; i++)
        u->zones[i].wanted = service_answers_before(r->service, &g->zones[i], u->zones[i].wanted);
    return u;
}

/* Ends a reload whose site files were read. */
static void end_next(struct renewal *r, int result)
{
    if (result != 0)
        generation_free(r->next);
    r->next = NULL;
    end_reload(r, result);
}

static void begin_making(struct renewal *r, struct generation *g)
{
    struct renewal_making *making = &r->making;

    making->update = new_update(r, g);
    if (making->update && task_begin(&making->task) == 0)
        return;
    update_free(making->update);
    making->update = NULL;
    r->paused = true;
    if (g == r->next)
        end_next(r, -ENOMEM);
    else
        service_failed(r->service, strerror(ENOMEM));
    log_error("making new answers: %s", strerror(ENOMEM));
}

/* Whether what is served has to become other. */
static bool is_due(const struct renewal *r, time_t now)
{
    for (size_t i = 0; i < r->generation->n_zones; i++)
        if (sign_is_due(&r->generation->zones[i].version, now))
            return true;
    return r->stale || service_wants_answers(r->service);
}

/* Begins what is asked for, unless something of its kind is under way. */
static void schedule(struct renewal *r)
{
    if (r->reload_wanted && !r->reading.task.busy && !r->next)
        begin_reading(r);
    if (r->making.task.busy || r->paused)
        return;
    if (r->next)
        begin_making(r, r->next);
    else if (is_due(r, time(NULL)))
        begin_making(r, r->generation);
}

/* Putting in place */

/* Of the current generation. On failure nothing has changed. */
static int put_answers(struct renewal *r, struct update *u)
{
    struct table *before = r->service->table;
    int result;

    service_set_table(r->service, u->table); /* in its modes before it is in place */
    result = snapshots_put(&r->snapshots, u->table, &r->secrets.cookie);
    if (result < 0) {
        service_set_table(r->service, before);
        return result;
    }
    u->table = NULL;
    if (update_commit(u) > 0)
        log_info("re-signed");
    return 0;
}

static void on_change(void *userdata, const struct service_zone *zone, bool announced)
{
    struct renewal *r = userdata;

    r->events.on_change(r->events.userdata, zone, announced);
}

static void on_soon(uv_timer_t *timer)
{
    schedule(timer->data);
}

/* At the next turn of the loop: what fails together is compiled once. */
static void on_wanted(void *userdata)
{
    struct renewal *r = userdata;

    uv_timer_start(&r->soon, on_soon, 0, 0);
}

/* Of the next generation, which becomes the current one. On failure only the generation itself,
 * which nobody uses, has changed. */
static int put_generation(struct renewal *r, struct update *u)
{
    const struct service_events events = {on_change, on_wanted, r};
    struct service *service;
    int result;

    update_commit(u);
    result =
        service_new(r->env, &r->overrides, u->generation, u->table, r->service, &events, &service);
    if (result < 0)
        return result;
    result = snapshots_put(&r->snapshots, u->table, &r->secrets.cookie);
    if (result < 0) {
        service_free(service);
        return result;
    }
    u->table = NULL;
    r->events.on_replacing(r->events.userdata, u->generation);
    service_take_over(service);
    service_free(r->service);
    generation_free(r->generation);
    r->service = service;
    r->generation = u->generation;
    return 0;
}

/* A zone that cannot be signed anew keeps its signatures, and its next try waits a minute. */
static void tell_failed_zones(struct renewal *r, const struct update *u)
{
    for (size_t i = 0; i < u->generation->n_zones; i++) {
        const struct generation_zone *z = &u->generation->zones[i];

        if (!u->zones[i].failed)
            continue;
        r->paused = true;
        sign_put_off(&z->version, u->now);
        log_error("%s: re-signing failed; keeping the previous signatures", z->conf->name);
    }
}

/* The current answers go on, and are tried to be replaced again: signatures in a minute, all else
 * at the next tick. */
static void put_off(struct renewal *r, time_t now)
{
    r->paused = true;
    for (size_t i = 0; i < r->generation->n_zones; i++)
        if (sign_is_due(&r->generation->zones[i].version, now))
            sign_put_off(&r->generation->zones[i].version, now);
}

/* Puts what was made, or could not be made, in place. Returns 0, or else why not, which was logged:
 * FAULTS_REPORTED where it is due to what an operator wrote, or -errno. */
static int put(struct renewal *r, struct update *u, int result)
{
    bool reload = u->generation != r->generation;

    if (result == 0) {
        tell_failed_zones(r, u);
        result = reload ? put_generation(r, u) : put_answers(r, u);
        if (result < 0)
            snprintf(u->why, sizeof u->why, "putting new answers in place: %s", strerror(-result));
    }
    if (result == 0) {
        r->stale = false;
        return 0;
    }
    log_error("%s", u->why);
    if (!reload)
        put_off(r, u->now);
    return result == -EBADMSG || result == -EMSGSIZE ? FAULTS_REPORTED : result;
}

/* Whether a zone has changed its mind, so that it would be put in place what it does not want any
 * more, while it has what it wants. */
static bool is_outdated(const struct renewal *r, const struct update *u)
{
    bool reload = u->generation == r->next;

    for (size_t i = 0; i < u->generation->n_zones; i++) {
        struct answer_set made = u->zones[i].wanted;
        struct answer_set wanted =
            service_answers_before(r->service, &u->generation->zones[i], made);

        if (!answer_set_equal(made, wanted) &&
            (reload || answer_set_equal(wanted, generation_answers(u->generation, i))))
            return true;
    }
    return false;
}

static void on_made(void *userdata)
{
    struct renewal *r = userdata;
    struct update *u = r->making.update;
    struct generation *g = u->generation;
    bool reload = g == r->next;
    int result;

    r->making.update = NULL;
    if (r->making.result == 0 && is_outdated(r, u) && r->making.repeated++ < REPEATED_MAX) {
        update_free(u);
        begin_making(r, g);
        return;
    }
    r->making.repeated = 0;
    result = put(r, u, r->making.result);
    if (!reload && r->paused)
        service_failed(r->service, u->why[0] ? u->why : "they cannot be signed");
    update_free(u);
    service_refresh(r->service, time(NULL));
    if (reload)
        end_next(r, result == 0 ? 0 : FAULTS_REPORTED);
    schedule(r);
}

/* The ends */

int renewal_init(struct renewal *r, uv_loop_t *loop, struct watch_env *env,
                 const struct server_options *options, const struct renewal_events *events)
{
    int result;

    r->options = options;
    r->env = env;
    r->events = *events;
    uv_timer_init(loop, &r->soon);
    r->soon.data = r;
    result = task_init(&r->reading.task, loop, read_files, on_read, r);
    if (result == 0)
        result = task_init(&r->making.task, loop, make_answers, on_made, r);
    if (result == 0)
        result = overrides_load(&r->overrides);
    return result < 0 ? result : secrets_load(&r->secrets, time(NULL));
}

/* Reads, makes and puts in place, one after the other. */
int renewal_load(struct renewal *r)
{
    struct renewal_reading *reading = &r->reading;
    struct update *u;
    int result = self_host_read(&reading->host);

    if (result == 0) {
        read_files(r);
        result = reading->result;
    }
    u = result == 0 ? new_update(r, reading->generation) : NULL;
    if (result == 0 && !u) {
        generation_free(reading->generation);
        result = -ENOMEM;
    }
    if (!u) {
        tell_error(result);
        return result;
    }
    result = put(r, u, update_run(u));
    update_free(u);
    if (result != 0)
        generation_free(reading->generation);
    return result;
}

void renewal_reload(struct renewal *r)
{
    r->reload_wanted = true;
    schedule(r);
}

void renewal_check(struct renewal *r)
{
    struct renewal_reading *reading = &r->reading;
    bool was_busy = r->making.task.busy;

    r->paused = false;
    if (overrides_follow(&r->overrides))
        service_follow_overrides(r->service);
    r->stale = secrets_renew(&r->secrets, time(NULL)) || r->stale;
    schedule(r);
    /* Signatures that are not valid any more, since the clock was set, have until the next tick to
     * be replaced. */
    if (was_busy || !r->making.task.busy)
        service_refresh(r->service, time(NULL));
    if (reading->task.busy && !reading->told &&
        uv_now(r->soon.loop) - reading->since_ms > READING_LONG_MS) {
        reading->told = true;
        log_warning("the site files are still being read: does their file system hang? The "
                    "previous configuration goes on");
    }
}

bool renewal_done(struct renewal *r)
{
    bool read, made;

    uv_close((uv_handle_t *)&r->soon, NULL);
    service_free(r->service);
    r->service = NULL;
    secrets_done(&r->secrets);
    overrides_done(&r->overrides);
    read = task_done(&r->reading.task);
    made = task_done(&r->making.task);
    return read && made;
}

void renewal_free(struct renewal *r)
{
    if (r->reading.task.busy && r->reading.result == 0)
        generation_free(r->reading.generation);
    update_free(r->making.update);
    generation_free(r->next);
    snapshots_done(&r->snapshots);
    generation_free(r->generation);
    free(r->reading.host);
}
