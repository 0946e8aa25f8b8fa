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
struct listeners_beat {
    const struct worker *worker;
    uint64_t turns;
    uint64_t changed_ms; /* 0: not looked at yet */
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
        if (endpoint_is_equal(endpoint, listener_endpoint(l->at[i])))
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
static void stop_listener(struct listeners *l, struct listener *listener)
{
    listener_visit(listener, add_counters, &l->gone);
    atomic_store(&l->gone.tcp_connections, 0);
    listener_stop(listener);
}

/* All say their last words together, for half a second: the control loop waits here. */
static void stop_unwanted(struct listeners *l, const struct endpoint *endpoints, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->n; i++)
        if (!wanted(listener_endpoint(l->at[i]), endpoints, n))
            listener_finish(l->at[i]);
    for (size_t i = 0; i < l->n; i++) {
        if (wanted(listener_endpoint(l->at[i]), endpoints, n))
            l->at[kept++] = l->at[i];
        else
            stop_listener(l, l->at[i]);
    }
    l->n = kept;
}

static void explain(const struct endpoint *endpoint, int error)
{
    const struct log_subject subject = {.message_id = LOG_ID_NO_ADDRESS};
    char address[ADDRESS_TEXT_MAX], holder[128];

    address_text(&endpoint->address, address);
    holder_find(endpoint, holder, sizeof holder);
    if (error == -EADDRINUSE)
        log_write(LOG_ERROR, &subject,
                  "%s port %u is taken by %s: stop it, or have it listen on other addresses",
                  address, endpoint->port,
                  holder[0] ? holder
                            : "another process (often systemd-resolved, named, unbound or "
                              "another sitens; see `ss -lunp`)");
    else if (error == -EACCES)
        log_write(LOG_ERROR, &subject,
                  "%s port %u: not permitted; a port below 1024 needs CAP_NET_BIND_SERVICE or root",
                  address, endpoint->port);
    else
        log_write(LOG_WARN, &subject, "%s port %u cannot be used: %s", address, endpoint->port,
                  strerror(-error));
}

static void collect_beat(void *userdata, const struct worker *worker)
{
    struct listeners *l = userdata;

    l->beats[l->n_beats++] = (struct listeners_beat){.worker = worker};
}

static void count_worker(void *userdata, const struct worker *worker)
{
    (void)worker;
    ++*(size_t *)userdata;
}

static int collect_beats(struct listeners *l)
{
    struct listeners_beat *beats;
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        listener_visit(l->at[i], count_worker, &n);
    beats = realloc(l->beats, (n + 1) * sizeof *beats);
    l->n_beats = 0;
    if (!beats)
        return -ENOMEM;
    l->beats = beats;
    for (size_t i = 0; i < l->n; i++)
        listener_visit(l->at[i], collect_beat, l);
    return 0;
}

int listeners_set(struct listeners *l, const struct endpoint *endpoints, size_t n,
                  const struct listener_options *options)
{
    bool told = l->incomplete;
    int error = 0, r;

    l->incomplete = false;
    stop_unwanted(l, endpoints, n);
    for (size_t i = 0; i < n; i++) {
        if (present(l, &endpoints[i]) || l->n == LISTENERS_MAX)
            continue;
        r = listener_start(&endpoints[i], options, &l->at[l->n]);
        if (r == 0)
            l->n++;
        else if (!told)
            explain(&endpoints[i], r);
        l->incomplete = l->incomplete || r < 0;
        /* A family that the host does not have is no reason not to serve by the other. */
        if (r < 0 && r != -EADDRNOTAVAIL && r != -EAFNOSUPPORT)
            error = r;
    }
    if (told && !l->incomplete)
        log_notice("listening on all addresses now");
    r = collect_beats(l);
    return error ? error : l->n == 0 ? -EADDRNOTAVAIL : r;
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
    free(l->beats);
    l->beats = NULL;
    l->n_beats = 0;
}

uint64_t listeners_seen(const struct listeners *l)
{
    uint64_t lowest = l->n_beats ? UINT64_MAX : 0; /* without knowledge, all may be in use */

    for (size_t i = 0; i < l->n_beats; i++) {
        uint64_t seen = atomic_load_explicit(&l->beats[i].worker->seen, memory_order_acquire);

        if (seen < lowest)
            lowest = seen;
    }
    return lowest;
}

void listeners_wake(const struct listeners *l)
{
    for (size_t i = 0; i < l->n_beats; i++)
        worker_wake(l->beats[i].worker);
}

bool listeners_alive(struct listeners *l, uint64_t now_ms)
{
    bool alive = true;

    for (size_t i = 0; i < l->n_beats; i++) {
        struct listeners_beat *beat = &l->beats[i];
        uint64_t turns = counter_get(&beat->worker->turns);

        if (turns != beat->turns || !beat->changed_ms)
            beat->changed_ms = now_ms;
        beat->turns = turns;
        alive = alive && now_ms - beat->changed_ms < ALIVE_MS;
    }
    return alive;
}

void listeners_sum(const struct listeners *l, struct counters *sum)
{
    add_all(&l->gone, sum);
    for (size_t i = 0; i < l->n; i++)
        listener_visit(l->at[i], add_counters, sum);
}
