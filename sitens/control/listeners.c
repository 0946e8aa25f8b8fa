/* SPDX-License-Identifier: ISC */
#include "listeners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "dns/tcp.h"
#include "holder.h"
#include "log.h"

enum { ALIVE_MS = 5 * WORKER_TURN_MS };

/* The turns of one thread, as seen last. */
struct beat {
    const struct worker *worker;
    uint64_t turns;
    uint64_t changed_ms; /* 0: not looked at yet */
};

/* What is known of a thread lasts as long as the thread, whatever happens to other listeners. */
struct listeners_item {
    struct listener *listener;
    size_t n;
    struct beat beats[];
};

static bool wanted(const struct endpoint *endpoint, const struct endpoint *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (endpoint_is_equal(endpoint, &list[i]))
            return true;
    return false;
}

static bool present(const struct listeners *l, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < l->n; i++)
        if (endpoint_is_equal(endpoint, listener_endpoint(l->at[i]->listener)))
            return true;
    return false;
}

static void add_all(const struct counters *from, struct counters *sum)
{
    for (int i = 0; i < COUNTER_TRANSPORTS; i++)
        counter_add(&sum->queries[i], counter_get(&from->queries[i]));
    for (int i = 0; i < COUNTER_RCODES; i++)
        counter_add(&sum->responses[i], counter_get(&from->responses[i]));
    for (int i = 0; i < COUNTER_IGNORED_REASONS; i++)
        counter_add(&sum->ignored[i], counter_get(&from->ignored[i]));
    counter_add(&sum->tcp_connections, counter_get(&from->tcp_connections));
}

static void add_counters(void *userdata, const struct worker *worker)
{
    add_all(&worker->responder.counters, userdata);
}

/* What it counted stays counted, but for its connections, which end. */
static void stop_item(struct listeners *l, struct listeners_item *item)
{
    listener_visit(item->listener, add_counters, &l->gone);
    atomic_store(&l->gone.tcp_connections, 0);
    listener_stop(item->listener);
    free(item);
}

/* All say their last words together, for half a second: the control loop waits here. */
static void stop_unwanted(struct listeners *l, const struct endpoint *endpoints, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++)
        if (!wanted(listener_endpoint(l->at[i]->listener), endpoints, n))
            listener_finish(l->at[i]->listener);
    for (size_t i = 0; i < l->n; i++) {
        if (wanted(listener_endpoint(l->at[i]->listener), endpoints, n))
            l->at[kept++] = l->at[i];
        else
            stop_item(l, l->at[i]);
    }
    l->n = kept;
}

static void explain(const struct endpoint *endpoint, int error, const char *holder)
{
    const struct log_subject subject = {.message_id = LOG_ID_NO_ADDRESS};
    char address[ADDRESS_TEXT_MAX];

    address_text(&endpoint->address, address);
    if (error == -EADDRINUSE)
        log_write(LOG_ERROR, &subject,
                  "%s port %u is taken by %s: stop it, or have it listen on other addresses",
                  address, endpoint->port,
                  holder[0] ? holder
                            : "another process (`sitens --test`, as root, names it; often "
                              "systemd-resolved, named, unbound or another sitens)");
    else if (error == -EACCES)
        log_write(LOG_ERROR, &subject,
                  "%s port %u: not permitted; a port below 1024 needs CAP_NET_BIND_SERVICE or root",
                  address, endpoint->port);
    else
        log_write(LOG_WARN, &subject, "%s port %u cannot be used: %s", address, endpoint->port,
                  strerror(-error));
}

static bool is_told(const struct listeners *l, const struct listeners_failure *failure)
{
    for (size_t i = 0; i < l->n_failed; i++)
        if (l->failed[i].error == failure->error &&
            endpoint_is_equal(&l->failed[i].endpoint, &failure->endpoint))
            return true;
    return false;
}

static void explain_new(const struct listeners *l, const struct listeners_failure *failed, size_t n)
{
    struct endpoint endpoints[LISTENERS_MAX];
    struct holder holders[LISTENERS_MAX];
    int errors[LISTENERS_MAX];
    size_t n_new = 0;

    for (size_t i = 0; i < n; i++)
        if (!is_told(l, &failed[i])) {
            endpoints[n_new] = failed[i].endpoint;
            errors[n_new++] = failed[i].error;
        }
    if (n_new > 0)
        holder_find(endpoints, n_new, holders);
    for (size_t i = 0; i < n_new; i++)
        explain(&endpoints[i], errors[i], holders[i].name);
}

static void count_worker(void *userdata, const struct worker *worker)
{
    (void)worker;
    ++*(size_t *)userdata;
}

static void add_beat(void *userdata, const struct worker *worker)
{
    struct listeners_item *item = userdata;

    item->beats[item->n++].worker = worker;
}

static int start_item(const struct endpoint *endpoint, const struct listener_options *options,
                      struct listeners_item **ret)
{
    struct listener *listener;
    struct listeners_item *item;
    size_t n = 0;
    int r = listener_start(endpoint, options, &listener);

    if (r < 0)
        return r;
    listener_visit(listener, count_worker, &n);
    item = calloc(1, sizeof *item + n * sizeof item->beats[0]);
    if (!item) {
        listener_stop(listener);
        return -ENOMEM;
    }
    item->listener = listener;
    listener_visit(listener, add_beat, item);
    *ret = item;
    return 0;
}

int listeners_set(struct listeners *l, const struct endpoint *endpoints, size_t n,
                  const struct listener_options *options)
{
    struct listeners_failure failed[LISTENERS_MAX];
    size_t n_failed = 0;
    int error = 0;

    stop_unwanted(l, endpoints, n);
    for (size_t i = 0; i < n; i++) {
        int r;

        if (present(l, &endpoints[i]))
            continue;
        r = start_item(&endpoints[i], options, &l->at[l->n]);
        if (r == 0)
            l->n++;
        else
            failed[n_failed++] = (struct listeners_failure){endpoints[i], r};
        /* A family that the host does not have is no reason not to serve by the other. */
        if (r < 0 && r != -EADDRNOTAVAIL && r != -EAFNOSUPPORT)
            error = r;
    }
    explain_new(l, failed, n_failed);
    if (l->n_failed > 0 && n_failed == 0)
        log_notice("listening on all addresses now");
    memcpy(l->failed, failed, n_failed * sizeof *failed);
    l->n_failed = n_failed;
    return error ? error : l->n == 0 ? -EADDRNOTAVAIL : 0;
}

unsigned listeners_tcp_max(size_t n)
{
    struct rlimit files;
    rlim_t share;

    if (n == 0 || getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == RLIM_INFINITY)
        return TCP_CONNECTIONS_MAX;
    share = files.rlim_cur / 2 / n;
    return share > TCP_CONNECTIONS_MAX ? TCP_CONNECTIONS_MAX : share > 0 ? (unsigned)share : 1;
}

void listeners_stop(struct listeners *l)
{
    stop_unwanted(l, NULL, 0);
}

uint64_t listeners_seen(const struct listeners *l)
{
    uint64_t lowest = UINT64_MAX;

    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < l->at[i]->n; k++) {
            const struct worker *worker = l->at[i]->beats[k].worker;
            uint64_t seen = atomic_load_explicit(&worker->seen, memory_order_acquire);

            if (seen < lowest)
                lowest = seen;
        }
    return lowest;
}

void listeners_wake(const struct listeners *l)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < l->at[i]->n; k++)
            worker_wake(l->at[i]->beats[k].worker);
}

static bool is_alive(struct beat *beat, uint64_t now_ms)
{
    uint64_t turns = counter_get(&beat->worker->turns);

    if (turns != beat->turns || !beat->changed_ms)
        beat->changed_ms = now_ms;
    beat->turns = turns;
    return now_ms - beat->changed_ms < ALIVE_MS;
}

bool listeners_alive(struct listeners *l, uint64_t now_ms)
{
    bool alive = true;

    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < l->at[i]->n; k++)
            alive = is_alive(&l->at[i]->beats[k], now_ms) && alive;
    return alive;
}

void listeners_sum(const struct listeners *l, struct counters *sum)
{
    add_all(&l->gone, sum);
    for (size_t i = 0; i < l->n; i++)
        listener_visit(l->at[i]->listener, add_counters, sum);
}
