/* SPDX-License-Identifier: ISC */
/*
 * The composition root: the only file that knows both halves.
 *
 * A generation (what the site files say) is built whole and compiled to a table of answers; a
 * snapshot of that table is put in force by storing one pointer, and freed when no thread can be
 * using it any more. A reload is the same again.
 */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <uv.h>

#include "endpoints.h"
#include "generation.h"
#include "listeners.h"
#include "log.h"
#include "publish.h"
#include "secrets.h"
#include "service.h"
#include "snapshots.h"
#include "systemd.h"

enum {
    TICK_MS = WORKER_TURN_MS,
    TICKS_PER_ROUND = 5, /* of what need not be done at each tick */
    SUMMARY_MS = 50, /* from a change to the summary: a web server that fails changes many zones */
    END_MAX_S = 2,
};

struct server {
    const struct server_options *options;
    uv_loop_t loop;
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t tick, summary, soon;
    struct snapshots snapshots;
    struct listeners listeners;
    struct watch_env *env;
    struct generation *generation; /* in force */
    struct service *service;       /* its zones, watched */
    struct secrets secrets;
    struct self_host host; /* as the listeners were set for */
    unsigned ticks;
    struct publisher publisher;
    bool announced; /* since the last metrics */
    bool ready;
};

static void become_ready(struct server *s)
{
    if (s->ready || !service_settled(s->service))
        return;
    s->ready = true;
    systemd_ready();
}

static void on_summary(uv_timer_t *timer)
{
    struct server *s = timer->data;

    publish_status(s->service);
    if (s->announced)
        publish_metrics(&s->publisher, s->service, &s->listeners);
    s->announced = false;
}

static void on_change(void *userdata, const struct service_zone *zone, bool announced)
{
    struct server *s = userdata;

    publish_state(&s->publisher, zone);
    s->announced = s->announced || announced;
    if (!uv_is_active((uv_handle_t *)&s->summary))
        uv_timer_start(&s->summary, on_summary, SUMMARY_MS, 0);
    become_ready(s);
}

static void renew(struct server *s);

static void on_soon(uv_timer_t *timer)
{
    renew(timer->data);
}

/* At the next turn of the loop: what fails together is compiled once. */
static void on_wanted(void *userdata)
{
    struct server *s = userdata;

    uv_timer_start(&s->soon, on_soon, 0, 0);
}

/* Makes g the generation in force, with table compiled from it. On failure the one before stays,
 * and both are the caller's. */
static int put_in_force(struct server *s, struct generation *g, struct table *table)
{
    const struct service_events events = {on_change, on_wanted, s};
    struct service *service;
    int r = service_new(s->env, g, table, s->service, &events, &service);

    if (r < 0)
        return r;
    r = snapshots_put(&s->snapshots, table, &s->secrets.cookie);
    if (r < 0) {
        service_free(service);
        return r;
    }
    publish_forget(&s->publisher, s->generation, g);
    service_take_over(service);
    service_free(s->service);
    generation_free(s->generation);
    s->service = service;
    s->generation = g;
    return 0;
}

/* Reads the site files and puts them in force. Returns 0; else why not is logged, and nothing has
 * changed. */
static int load(struct server *s, struct self_host *ret_host)
{
    const struct server_options *o = s->options;
    struct generation *g = NULL;
    struct table *table = NULL;
    struct faults faults = generation_faults();
    int r = self_host_read(ret_host);

    if (r == 0)
        r = generation_load(o->paths, o->n_paths, o->site, ret_host, &faults, &g);
    if (r == 0)
        r = service_prepare(s->service, g);
    if (r == 0)
        r = generation_compile(g, &table);
    if (r == 0)
        r = put_in_force(s, g, table);
    if (r == 0)
        return 0;
    table_free(table);
    generation_free(g);
    if (r == -EMSGSIZE)
        log_error("the extra records of a name do not fit a DNS message");
    else if (r < 0)
        log_error("loading the configuration: %s", strerror(-r));
    return r;
}

static int set_listeners(struct server *s, const struct self_host *host)
{
    struct endpoint endpoints[LISTENERS_MAX];
    size_t n = endpoints_wanted(s->options, s->generation, host, endpoints, LISTENERS_MAX);
    const struct listener_options options = {&s->snapshots.source, s->options->workers,
                                             s->options->rate, listeners_tcp_max(n)};

    s->host = *host;
    return listeners_set(&s->listeners, endpoints, n, &options);
}

/* The host's addresses may come, go and change; and who holds a port may let go of it. */
static void follow_host(struct server *s)
{
    struct self_host host;
    bool other;

    if (self_host_read(&host) < 0)
        return;
    other = memcmp(host.address, s->host.address, sizeof host.address);
    if (other || s->listeners.incomplete)
        set_listeners(s, &host);
    if (other)
        log_info("this host has other addresses now");
}

/* New signatures are new answers: compiled and put in force like those of a reload. */
static int put_new_snapshot(struct server *s)
{
    struct table *before = s->service->table, *table = NULL;
    int r = generation_compile(s->generation, &table);

    if (r < 0)
        return r;
    service_set_table(s->service, table); /* in its modes before it is in force */
    r = snapshots_put(&s->snapshots, table, &s->secrets.cookie);
    if (r < 0) {
        service_set_table(s->service, before);
        table_free(table);
    }
    return r;
}

static void report_failure(void *userdata, const char *text)
{
    (void)userdata;
    log_error("%s", text);
}

/* What has its time: signatures, the secrets of cookies, and answers with other addresses. */
static void renew(struct server *s)
{
    time_t now = time(NULL);
    bool new_secrets = secrets_renew(&s->secrets, now);
    bool new_answers = service_make_answers(s->service);
    bool new_signatures = generation_sign(s->generation, now, report_failure, NULL) > 0;
    int r = new_secrets || new_answers || new_signatures ? put_new_snapshot(s) : 0;

    if (r < 0) {
        log_error("putting new answers in force: %s", strerror(-r));
        generation_discard(s->generation, now); /* it is the older ones that are served */
    } else if (new_signatures) {
        log_info("re-signed");
    }
    if (service_wants_answers(s->service))
        service_failed(s->service, r < 0 ? strerror(-r) : "no memory, or the keys cannot sign");
    service_judge(s->service, now);
}

static void on_reload(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    struct self_host host;

    (void)number;
    systemd_reloading();
    if (load(s, &host) == 0) {
        s->listeners.incomplete = false; /* failures are to be told again */
        set_listeners(s, &host);
        renew(s);
        publish_configuration(s->generation);
        log_notice("reloaded");
    } else {
        log_error("reload failed: keeping the previous configuration");
    }
    publish_all(&s->publisher, s->service, &s->listeners);
    if (s->ready)
        systemd_ready();
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

    snapshots_release(&s->snapshots, listeners_seen(&s->listeners));
    listeners_wake(&s->listeners);
    renew(s);
    feed_watchdog(s);
    become_ready(s);
    if (++s->ticks % TICKS_PER_ROUND)
        return;
    follow_host(s);
    publish_metrics(&s->publisher, s->service, &s->listeners);
}

/* A check of a file on a file system that hangs keeps a thread, which exit() would wait for. */
static void leave(int number)
{
    (void)number;
    _exit(EX_OK);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;

    (void)number;
    signal(SIGALRM, leave);
    alarm(END_MAX_S);
    service_stop(s->service);
    publish_all(&s->publisher, s->service, &s->listeners);
    systemd_stopping();
    log_notice("stopping");
    uv_stop(&s->loop);
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

    signal(SIGPIPE, SIG_IGN); /* neither a reader of the log nor a peer that goes may end us */
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
    uv_timer_init(&s->loop, &s->summary);
    uv_timer_init(&s->loop, &s->soon);
    s->tick.data = s->summary.data = s->soon.data = s;
    return uv_timer_start(&s->tick, on_tick, tick_ms, tick_ms);
}

/* Whatever else is on the loop ends by itself: closed handles, commands that were killed. */
static void tear_down(struct server *s)
{
    uv_handle_t *const own[] = {(uv_handle_t *)&s->on_term, (uv_handle_t *)&s->on_int,
                                (uv_handle_t *)&s->on_hup,  (uv_handle_t *)&s->tick,
                                (uv_handle_t *)&s->summary, (uv_handle_t *)&s->soon};

    listeners_stop(&s->listeners);
    service_free(s->service);
    watch_env_free(s->env);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        uv_close(own[i], NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    snapshots_done(&s->snapshots);
    generation_free(s->generation);
}

/* What happens between start and end of the loop. Returns the exit status. */
static int serve(struct server *s)
{
    struct self_host host;
    int r = publisher_init(&s->publisher, s->options->metrics);

    if (r == 0)
        r = secrets_load(&s->secrets, time(NULL));
    if (r < 0) {
        log_error("starting: %s", strerror(-r));
        return EX_OSERR;
    }
    if (load(s, &host) != 0)
        return EX_CONFIG;
    if (set_listeners(s, &host) < 0)
        return EX_UNAVAILABLE;
    renew(s);
    publish_configuration(s->generation);
    publish_all(&s->publisher, s->service, &s->listeners);
    log_never_wait();
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return EX_OK;
}

int server_run(const struct server_options *options)
{
    struct server s = {.options = options};
    int status = EX_OSERR, r;

    systemd_start();
    r = start_loop(&s);
    if (r < 0) {
        log_error("starting: %s", uv_strerror(r));
    } else {
        status = serve(&s);
        tear_down(&s);
    }
    publisher_done(&s.publisher);
    secrets_done(&s.secrets);
    systemd_end();
    return status;
}
