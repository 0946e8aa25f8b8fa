/* SPDX-License-Identifier: ISC */
/* The control loop: signals, the tick, and who is told what. */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <uv.h>

#include "desk.h"
#include "endpoints.h"
#include "listeners.h"
#include "log.h"
#include "operator.h"
#include "publish.h"
#include "renewal.h"
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
    uv_signal_t term, interrupt, hup;
    uv_timer_t tick, summary;
    struct renewal renewal; /* what is served */
    struct listeners listeners;
    struct watch_env *env;
    struct self_host *host; /* as the listeners were set for */
    unsigned ticks;
    struct publisher publisher;
    struct desk *desk; /* of sitensctl */
    bool announced;    /* since the last metrics */
    bool ready, stuck;
};

static void become_ready(struct server *s)
{
    if (s->ready || !service_settled(s->renewal.service))
        return;
    s->ready = systemd_ready();
}

static void on_summary(uv_timer_t *timer)
{
    struct server *s = timer->data;

    publish_status(&s->publisher, s->renewal.service);
    if (s->announced)
        publish_metrics(&s->publisher, s->renewal.service, &s->listeners);
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

/* Takes host over. */
static int set_listeners(struct server *s, struct self_host *host)
{
    struct endpoint endpoints[LISTENERS_MAX + 1];
    size_t n = endpoints_wanted(s->options, s->renewal.generation, host, endpoints);
    const struct listener_options options = {&s->renewal.snapshots.source, s->options->workers,
                                             s->options->rate, listeners_tcp_max(n)};

    free(s->host);
    s->host = host;
    return listeners_set(&s->listeners, endpoints, n, &options);
}

/* Listens where the site files and the host's addresses of now say. */
static int listen_anew(struct server *s)
{
    struct self_host *host;
    int r = self_host_read(&host);

    if (r == 0)
        return set_listeners(s, host);
    log_error("reading the addresses of this host: %s", strerror(-r));
    return r;
}

/* The host's addresses may come, go and change; and who holds a port may let go of it. */
static void follow_host(struct server *s)
{
    struct self_host *host;
    bool other;

    if (self_host_read(&host) < 0)
        return;
    other = !s->host || !self_host_is_same(host, s->host);
    if (other || s->listeners.n_failed)
        set_listeners(s, host);
    else
        free(host);
    if (other)
        log_info("this host has other addresses now");
}

static void on_hup(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;

    (void)number;
    renewal_reload(&s->renewal);
}

static void on_reloading(void *userdata)
{
    (void)userdata;
    systemd_reloading();
}

static void on_replacing(void *userdata, const struct generation *next)
{
    struct server *s = userdata;

    publish_forget(&s->publisher, s->renewal.generation, next);
}

static void on_reloaded(void *userdata, int result)
{
    struct server *s = userdata;

    publish_load(&s->publisher, result == 0, time(NULL));
    if (result == 0) {
        s->listeners.n_failed = 0; /* failures are to be told again */
        listen_anew(s);
        publish_configuration(s->renewal.generation);
        log_notice("reloaded");
    } else {
        log_error("reload failed: keeping the previous configuration");
    }
    publish_all(&s->publisher, s->renewal.service, &s->listeners);
    if (s->ready)
        s->ready = systemd_ready();
}

/* Feeds the watchdog if everything made progress: a wedged daemon is better restarted, and silent
 * meanwhile. */
static void feed_watchdog(struct server *s)
{
    const struct log_subject subject = {.message_id = LOG_ID_STUCK};
    const struct service_zone *zone = service_stuck_zone(s->renewal.service, uv_now(&s->loop));
    bool alive = listeners_alive(&s->listeners, uv_now(&s->loop)), was_stuck = s->stuck;

    s->stuck = zone || !alive;
    if (!s->stuck)
        systemd_watchdog();
    if (s->stuck == was_stuck)
        return;
    if (zone)
        log_write(LOG_WARN, &subject, "%s: a check is stuck", zone->config->conf->name);
    else if (!alive)
        log_write(LOG_WARN, &subject, "a thread that answers queries is stuck");
    else
        log_notice("nothing is stuck any more");
}

static void on_tick(uv_timer_t *timer)
{
    struct server *s = timer->data;

    snapshots_release(&s->renewal.snapshots, listeners_seen(&s->listeners));
    listeners_wake(&s->listeners);
    renewal_check(&s->renewal);
    feed_watchdog(s);
    become_ready(s);
    publish_lost(&s->publisher, s->renewal.service, &s->listeners);
    if (++s->ticks % TICKS_PER_ROUND)
        return;
    follow_host(s);
    publish_metrics(&s->publisher, s->renewal.service, &s->listeners);
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
    service_stop(s->renewal.service);
    publish_all(&s->publisher, s->renewal.service, &s->listeners);
    systemd_stopping();
    log_notice("stopping");
    uv_stop(&s->loop);
}

static int init_signal(struct server *s, uv_signal_t *handle)
{
    handle->data = s;
    return uv_signal_init(&s->loop, handle);
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
        r = init_signal(s, &s->term);
    if (r == 0)
        r = init_signal(s, &s->interrupt);
    if (r == 0)
        r = init_signal(s, &s->hup);
    if (r == 0)
        r = uv_signal_start(&s->hup, on_hup, SIGHUP);
    if (r < 0)
        return r;
    uv_timer_init(&s->loop, &s->tick);
    uv_timer_init(&s->loop, &s->summary);
    s->tick.data = s->summary.data = s;
    return uv_timer_start(&s->tick, on_tick, tick_ms, tick_ms);
}

/* Whatever else is on the loop ends by itself: closed handles, commands that were killed. Returns
 * false if a thread is left that uses what is served: it hangs, or has too much to do. */
static bool tear_down(struct server *s)
{
    sigset_t reload;
    uv_handle_t *const own[] = {(uv_handle_t *)&s->term, (uv_handle_t *)&s->interrupt,
                                (uv_handle_t *)&s->hup, (uv_handle_t *)&s->tick,
                                (uv_handle_t *)&s->summary};

    sigemptyset(&reload);
    sigaddset(&reload, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &reload, NULL); /* without its handle it would end the process */
    desk_close(s->desk);
    listeners_stop(&s->listeners);
    if (!renewal_done(&s->renewal))
        return false;
    watch_env_free(s->env);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        uv_close(own[i], NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    renewal_free(&s->renewal);
    return !watch_env_is_held();
}

static char *on_question(void *userdata, const char *line, long uid)
{
    struct server *s = userdata;

    return operator_answer(s->renewal.service, &s->renewal.overrides, line, uid,
                           s->publisher.load.failed);
}

/* What happens between start and end of the loop. Returns the exit status. */
static int serve(struct server *s)
{
    const struct renewal_events events = {on_change, on_reloading, on_replacing, on_reloaded, s};
    int r = renewal_init(&s->renewal, &s->loop, s->env, s->options, &events);

    if (r == 0)
        r = publisher_init(&s->publisher, s->options->metrics);
    if (r < 0) {
        log_error("starting: %s", strerror(-r));
        return EX_OSERR;
    }
    r = renewal_load(&s->renewal);
    if (r != 0) /* after EX_CONFIG the service manager starts us no more */
        return r < 0 ? EX_OSERR : EX_CONFIG;
    if (listen_anew(s) < 0)
        return EX_UNAVAILABLE;
    if (desk_open(&s->loop, &(struct desk_events){on_question, s}, &s->desk) < 0)
        return EX_OSERR;
    renewal_check(&s->renewal);
    publish_load(&s->publisher, true, time(NULL));
    publish_configuration(s->renewal.generation);
    publish_all(&s->publisher, s->renewal.service, &s->listeners);
    log_never_wait();
    /* Not before: until the loop runs nobody would see them, and they end us without ceremony. */
    if (uv_signal_start(&s->term, on_stop, SIGTERM) < 0 ||
        uv_signal_start(&s->interrupt, on_stop, SIGINT) < 0)
        return EX_OSERR;
    uv_run(&s->loop, UV_RUN_DEFAULT);
    return EX_OK;
}

int server_run(const struct server_options *options)
{
    struct server s = {.options = options};
    int status = EX_OSERR, r;
    bool ended = true;

    systemd_start();
    r = start_loop(&s);
    if (r < 0) {
        log_error("starting: %s", uv_strerror(r));
    } else {
        status = serve(&s);
        ended = tear_down(&s);
    }
    publisher_done(&s.publisher);
    systemd_end();
    free(s.host);
    if (!ended) {
        log_end();
        _exit(status); /* exit() would take from that thread what it uses */
    }
    return status;
}
