/* SPDX-License-Identifier: ISC */
/*
 * The composition root: the only file that knows both halves.
 *
 * A generation (the site files and the answers compiled from them) is built whole, put in force by
 * storing one pointer, and freed when no worker can be using it any more.
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
#include "publish.h"
#include "service.h"
#include "systemd.h"

enum { TICK_MS = 1000, TICKS_PER_METRICS = 5 };

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
    struct service *service;       /* its zones, watched */
    uint64_t views;                /* made so far */
    struct cookie_secrets secrets;
    unsigned ticks;
    struct publisher publisher;
    bool ready;
};

static void report_fault(void *userdata, const char *text)
{
    const struct log_subject subject = {.message_id = LOG_ID_BAD_CONFIG};

    (void)userdata;
    log_write(LOG_ERROR, &subject, "%s", text);
}

static void become_ready(struct server *s)
{
    if (s->ready || !service_settled(s->service))
        return;
    s->ready = true;
    systemd_ready();
}

static void on_change(void *userdata, const struct service_zone *zone)
{
    struct server *s = userdata;

    (void)zone;
    publish_all(&s->publisher, s->service, &s->listeners);
    become_ready(s);
}

/* Makes g the generation in force. On failure the one before stays, and g is the caller's. */
static int put_in_force(struct server *s, struct generation *g)
{
    struct service *service;
    int r = service_new(s->env, g, s->service, on_change, s, &service);

    if (r < 0) {
        log_error("the checks cannot be set up: %s", strerror(-r));
        return r;
    }
    g->view.number = ++s->views;
    g->view.secrets = s->secrets;
    atomic_store_explicit(&s->source, &g->view, memory_order_release);
    service_free(s->service);
    if (s->generation) {
        s->generation->next = s->retired;
        s->retired = s->generation;
    }
    s->generation = g;
    s->service = service;
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
    publish_all(&s->publisher, s->service, &s->listeners);
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
    const struct log_subject subject = {.message_id = LOG_ID_STUCK};
    const struct service_zone *stuck = service_stuck_zone(s->service, uv_now(&s->loop));

    if (stuck)
        log_write(LOG_WARN, &subject, "%s: a check is stuck", stuck->config->conf->name);
    else if (!listeners_alive(&s->listeners, uv_now(&s->loop)))
        log_write(LOG_WARN, &subject, "a thread that answers queries is stuck");
    else
        systemd_watchdog();
}

static void on_tick(uv_timer_t *timer)
{
    struct server *s = timer->data;

    free_retired(s);
    feed_watchdog(s);
    become_ready(s);
    if (++s->ticks % TICKS_PER_METRICS == 0)
        publish_metrics(&s->publisher, s->service, &s->listeners);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;

    (void)number;
    service_stop(s->service);
    publish_all(&s->publisher, s->service, &s->listeners);
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
    service_free(s->service);
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
    struct server s = {.options = options, .publisher = {.metrics_path = options->metrics}};
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
        publish_all(&s.publisher, s.service, &s.listeners);
        uv_run(&s.loop, UV_RUN_DEFAULT);
    }
    tear_down(&s);
    return status;
}
