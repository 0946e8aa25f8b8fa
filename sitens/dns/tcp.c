/* SPDX-License-Identifier: ISC */
#include "tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "connection.h"

enum {
    LAST_WORDS_MS = 500, /* for answers under way when the server stops */
    /* Clients that wait to be accepted. Whoever finds no room tries again after a second; in a
     * flood of connections that is whoever asks, too. */
    BACKLOG = 1024,
};

struct tcp {
    struct worker worker;
    uv_loop_t loop;
    int fd; /* the listening socket */
    uv_poll_t listener;
    uv_async_t stop;
    uv_prepare_t turn;
    uv_timer_t clock;     /* idle connections, and a turn at least */
    bool finishing;       /* the control loop has said so */
    uint64_t deadline_ms; /* when stopping: the last words have been said */
    struct connections connections;
};

/* What is lacking may be there when the clock has listening begin again. So it does after an error,
 * with which libuv has stopped the listener. */
static void on_connection(uv_poll_t *listener, int status, int events)
{
    struct tcp *t = listener->data;

    (void)status;
    (void)events;
    if (!connections_accept(&t->connections, t->fd))
        uv_poll_stop(listener);
}

static void on_turn(uv_prepare_t *prepare)
{
    struct tcp *t = prepare->data;

    worker_turn(&t->worker);
}

static void on_clock(uv_timer_t *clock)
{
    struct tcp *t = clock->data;

    connections_close_idle(&t->connections, TCP_IDLE_MS);
    uv_poll_start(&t->listener, UV_READABLE, on_connection);
}

static void on_last_clock(uv_timer_t *clock)
{
    struct tcp *t = clock->data;

    if (uv_now(&t->loop) >= t->deadline_ms)
        connections_close_idle(&t->connections, 0);
    if (t->connections.n > 0)
        return;
    connections_done(&t->connections);
    uv_close((uv_handle_t *)&t->clock, NULL); /* the last handle: the loop ends */
}

static void on_stop(uv_async_t *async)
{
    struct tcp *t = async->data;

    uv_close((uv_handle_t *)&t->listener, NULL);
    close(t->fd);
    uv_close((uv_handle_t *)&t->stop, NULL);
    uv_close((uv_handle_t *)&t->turn, NULL);
    connections_finish(&t->connections);
    t->deadline_ms = uv_now(&t->loop) + LAST_WORDS_MS;
    uv_timer_start(&t->clock, on_last_clock, 0, 20);
}

static void *run(void *argument)
{
    struct tcp *t = argument;

    uv_run(&t->loop, UV_RUN_DEFAULT);
    return NULL;
}

static int open_loop(struct tcp *t)
{
    int r = uv_loop_init(&t->loop);

    if (r < 0)
        return r;
    r = uv_poll_init(&t->loop, &t->listener, t->fd);
    if (r < 0)
        uv_loop_close(&t->loop);
    return r;
}

static void set_up(struct tcp *t, unsigned max)
{
    uv_async_init(&t->loop, &t->stop, on_stop);
    uv_prepare_init(&t->loop, &t->turn);
    uv_timer_init(&t->loop, &t->clock);
    t->listener.data = t->stop.data = t->turn.data = t->clock.data = t;
    connections_init(&t->connections, &t->loop, &t->worker, max);
    uv_poll_start(&t->listener, UV_READABLE, on_connection);
    uv_prepare_start(&t->turn, on_turn);
    uv_timer_start(&t->clock, on_clock, WORKER_TURN_MS, WORKER_TURN_MS);
}

int tcp_start(int fd, const snapshot_source *source, unsigned max, struct tcp **ret)
{
    struct tcp *t = calloc(1, sizeof *t);
    int r = t ? worker_init(&t->worker, source, 0) : -ENOMEM;

    if (r == 0) {
        t->fd = fd;
        r = open_loop(t);
    }
    if (r < 0) {
        close(fd);
        if (t)
            worker_done(&t->worker);
        free(t);
        return r;
    }
    set_up(t, max);
    r = listen(fd, BACKLOG) < 0 ? -errno : worker_start(&t->worker, run, t);
    if (r < 0) {
        on_stop(&t->stop);
        uv_run(&t->loop, UV_RUN_DEFAULT);
        uv_loop_close(&t->loop);
        worker_done(&t->worker);
        free(t);
        return r;
    }
    *ret = t;
    return 0;
}

void tcp_finish(struct tcp *t)
{
    if (t->finishing)
        return;
    t->finishing = true;
    uv_async_send(&t->stop);
}

void tcp_stop(struct tcp *t)
{
    if (!t)
        return;
    tcp_finish(t);
    pthread_join(t->worker.thread, NULL);
    uv_loop_close(&t->loop);
    worker_done(&t->worker);
    free(t);
}

const struct worker *tcp_worker(const struct tcp *t)
{
    return &t->worker;
}
