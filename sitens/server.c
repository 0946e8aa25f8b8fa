/* SPDX-License-Identifier: ISC */
/*
 * The composition root: the only file that knows both halves.
 *
 * A generation (the site files and the answers compiled from them) is built whole, put in force by
 * storing one pointer, and freed when no worker can be using it any more. What a zone's watch says
 * becomes the mode of the zone in the table in force; nothing else passes from health to queries.
 */
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <uv.h>

#include "endpoints.h"
#include "generation.h"
#include "listeners.h"
#include "log.h"
#include "systemd.h"
#include "watch.h"

enum { TICK_MS = 1000 };

struct server {
    const struct server_options *options;
    uv_loop_t loop;
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t tick;
    view_source source;
    struct listeners listeners;
    struct watch_env *env;
    struct generation *generation; /* in force */
    struct generation *retired;    /* one that workers may still be using; linked by next */
    struct server_zone *zones;     /* one for each of generation->zones */
    uint64_t views;                /* made so far */
    struct cookie_secrets secrets;
    bool ready;
};

/* A zone of the generation in force. */
struct server_zone {
    struct server *server;
    size_t index;
    struct watch *watch;
    enum zone_state state; /* as announced last */
};

static void report_fault(void *userdata, const char *text)
{
    const struct log_subject subject = {.message_id = LOG_ID_BAD_CONFIG};

    (void)userdata;
    log_write(LOG_ERROR, &subject, "%s", text);
}

static enum table_mode mode_of(enum zone_state state, const struct conf_policy *policy)
{
    switch (state) {
    case ZONE_SERVING:
        return TABLE_SERVE;
    case ZONE_LAST_RESORT:
        return TABLE_LAST_RESORT;
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

static void apply_mode(struct server_zone *z, struct generation *g)
{
    table_set_mode(g->view.table, z->index,
                   mode_of(watch_state(z->watch), &g->zones[z->index].conf->policy));
}

/* The text of `systemctl status`. */
static void publish_status(const struct server *s)
{
    char text[1024] = "";
    size_t used = 0;

    for (size_t i = 0; i < s->generation->n_zones && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s: %s (%s)", i ? "; " : "",
                                 s->generation->zones[i].conf->name,
                                 zone_state_name(watch_state(s->zones[i].watch)),
                                 watch_reason(s->zones[i].watch));
    systemd_status(text);
}

static void become_ready(struct server *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (!watch_settled(s->zones[i].watch))
            return;
    s->ready = true;
    systemd_ready();
}

static void on_state(void *userdata, enum zone_state state, const char *reason)
{
    struct server_zone *z = userdata;
    struct server *s = z->server;
    const struct generation_zone *zone = &s->generation->zones[z->index];
    const struct log_subject subject = {message_id(state), zone->conf->name, zone->self->id,
                                        zone_state_name(state), reason};

    apply_mode(z, s->generation);
    log_write(state == ZONE_SERVING ? LOG_NOTE : LOG_WARN, &subject, "%s: %s (was %s): %s",
              zone->conf->name, zone_state_name(state), zone_state_name(z->state), reason);
    z->state = state;
    publish_status(s);
    if (!s->ready)
        become_ready(s);
}

/* The watch of the same zone in the generation in force, or NULL. */
static struct server_zone *find_zone(const struct server *s, const char *name)
{
    for (size_t i = 0; s->zones && i < s->generation->n_zones; i++)
        if (!strcmp(s->generation->zones[i].conf->name, name))
            return &s->zones[i];
    return NULL;
}

static void free_zones(struct server_zone *zones, size_t n)
{
    for (size_t i = 0; zones && i < n; i++)
        watch_free(zones[i].watch);
    free(zones);
}

/* Begins to watch the zones of g, each going on where its predecessor is. */
static struct server_zone *watch_zones(struct server *s, struct generation *g)
{
    struct server_zone *zones = calloc(g->n_zones, sizeof *zones);

    for (size_t i = 0; zones && i < g->n_zones; i++) {
        const struct generation_zone *zone = &g->zones[i];
        const struct server_zone *before = find_zone(s, zone->conf->name);
        int r = watch_new(s->env, zone->conf, zone->self, before ? before->watch : NULL, on_state,
                          &zones[i], &zones[i].watch);

        if (r < 0) {
            log_error("%s: the checks cannot be set up: %s", zone->conf->name, strerror(-r));
            free_zones(zones, i);
            return NULL;
        }
        zones[i].server = s;
        zones[i].index = i;
        zones[i].state = watch_state(zones[i].watch);
        apply_mode(&zones[i], g);
    }
    return zones;
}

/* Makes g the generation in force. On failure the one before stays, and g is the caller's. */
static int put_in_force(struct server *s, struct generation *g)
{
    struct server_zone *zones = watch_zones(s, g);

    if (!zones)
        return -ENOMEM;
    g->view.number = ++s->views;
    g->view.secrets = s->secrets;
    atomic_store_explicit(&s->source, &g->view, memory_order_release);
    if (s->generation) {
        free_zones(s->zones, s->generation->n_zones);
        s->generation->next = s->retired;
        s->retired = s->generation;
    }
    s->generation = g;
    s->zones = zones;
    return 0;
}

static struct generation *load(const struct server_options *options, struct self_host *host,
                               conf_fault_fn on_fault)
{
    struct generation *g = NULL;
    int r = self_host_read(host);

    if (r == 0)
        r = generation_load(options->paths, options->n_paths, options->site, host, on_fault, NULL,
                            &g);
    if (r < 0 && r != -EINVAL)
        log_error("reading the configuration: %s", strerror(-r));
    return g;
}

static int set_listeners(struct server *s, const struct generation *g, const struct self_host *host)
{
    const struct listener_options options = {&s->source, s->options->workers, s->options->rate};
    struct conf_endpoint endpoints[LISTENERS_MAX];
    size_t n = endpoints_wanted(s->options, g, host, endpoints, LISTENERS_MAX);

    return listeners_set(&s->listeners, endpoints, n, &options);
}

static void announce(const struct server *s)
{
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        const struct generation_zone *z = &s->generation->zones[i];

        log_info("%s: site %s, serial %u, from %s", z->conf->name, z->self->id, z->serial,
                 z->conf->path);
    }
}

static void on_reload(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    struct self_host host;
    struct generation *g;

    (void)number;
    systemd_reloading();
    g = load(s->options, &host, report_fault);
    if (g && put_in_force(s, g) == 0) {
        set_listeners(s, g, &host);
        announce(s);
        log_notice("reloaded");
    } else {
        generation_free(g);
        log_error("not reloaded: the configuration before stays in force");
    }
    publish_status(s);
    if (s->ready)
        systemd_ready();
}

static void free_retired(struct server *s)
{
    uint64_t seen = listeners_seen(&s->listeners);

    for (struct generation **at = &s->retired; *at;) {
        struct generation *g = *at;

        if (g->view.number >= seen) {
            at = &g->next;
        } else {
            *at = g->next;
            generation_free(g);
        }
    }
}

/* Feeds the watchdog if everything made progress: a wedged daemon is better restarted, and silent
 * meanwhile. */
static void feed_watchdog(struct server *s)
{
    uint64_t now_ms = uv_now(&s->loop);

    for (size_t i = 0; i < s->generation->n_zones; i++)
        if (!watch_on_time(s->zones[i].watch, now_ms)) {
            log_warning("%s: a check is stuck", s->generation->zones[i].conf->name);
            return;
        }
    if (listeners_alive(&s->listeners, now_ms))
        systemd_watchdog();
    else
        log_warning("a thread that answers queries is stuck");
}

static void on_tick(uv_timer_t *timer)
{
    struct server *s = timer->data;

    free_retired(s);
    feed_watchdog(s);
    if (!s->ready)
        become_ready(s);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;

    (void)number;
    for (size_t i = 0; i < s->generation->n_zones; i++)
        table_set_mode(s->generation->view.table, i, TABLE_SILENT);
    systemd_stopping();
    log_notice("stopping");
    uv_stop(&s->loop);
}

/* Cookies outlive a restart when their secret does. Without the file they still work. */
static void load_secrets(struct server *s)
{
    const char *folder = getenv("STATE_DIRECTORY");
    char path[PATH_MAX];
    int r;

    snprintf(path, sizeof path, "%s/cookie-secrets", folder ? folder : "/var/lib/sitens");
    r = cookie_secrets_load(path, &s->secrets);
    if (r < 0)
        log_warning("%s: %s", path, cookie_secrets_strerror(r));
}

static int start_signal(struct server *s, uv_signal_t *handle, uv_signal_cb callback, int number)
{
    int r = uv_signal_init(&s->loop, handle);

    handle->data = s;
    return r < 0 ? r : uv_signal_start(handle, callback, number);
}

static int start_loop(struct server *s)
{
    uint64_t watchdog_ms = systemd_watchdog_ms();
    uint64_t tick_ms = watchdog_ms && watchdog_ms / 2 < TICK_MS ? watchdog_ms / 2 : TICK_MS;
    int r = uv_loop_init(&s->loop);

    if (r == 0)
        r = watch_env_new(&s->loop, &s->env);
    if (r == 0)
        r = start_signal(s, &s->on_term, on_stop, SIGTERM);
    if (r == 0)
        r = start_signal(s, &s->on_int, on_stop, SIGINT);
    if (r == 0)
        r = start_signal(s, &s->on_hup, on_reload, SIGHUP);
    if (r < 0)
        return r;
    uv_timer_init(&s->loop, &s->tick);
    s->tick.data = s;
    return uv_timer_start(&s->tick, on_tick, tick_ms, tick_ms);
}

static void close_handle(uv_handle_t *handle, void *userdata)
{
    (void)userdata;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void tear_down(struct server *s)
{
    listeners_stop(&s->listeners);
    if (s->generation)
        free_zones(s->zones, s->generation->n_zones);
    watch_env_free(s->env);
    uv_walk(&s->loop, close_handle, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    generation_free(s->generation);
    while (s->retired) {
        struct generation *g = s->retired;

        s->retired = g->next;
        generation_free(g);
    }
}

int server_run(const struct server_options *options)
{
    struct server s = {.options = options};
    struct self_host host;
    struct generation *g = load(options, &host, report_fault);
    int r, status = EX_OK;

    if (!g)
        return EX_CONFIG;
    load_secrets(&s);
    r = start_loop(&s);
    if (r == 0)
        r = put_in_force(&s, g);
    if (r < 0) {
        log_error("starting: %s", uv_strerror(r));
        generation_free(g);
        return EX_OSERR;
    }
    if (set_listeners(&s, g, &host) < 0) {
        status = EX_UNAVAILABLE;
    } else {
        announce(&s);
        publish_status(&s);
        uv_run(&s.loop, UV_RUN_DEFAULT);
    }
    tear_down(&s);
    return status;
}
