/* SPDX-License-Identifier: ISC */
#include "udp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    BATCH = 32,
    /* While quiet, every eighth receive looks whether there is a queue. */
    LOOK_EVERY = 8,
};

struct udp {
    struct worker worker;
    int fd;
    unsigned singles; /* receives since the last look at the queue */
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_storage addresses[BATCH];
    uint8_t buffers[BATCH][RESPOND_UDP_BUFFER];
};

/* Answers the query of n octets in buffer i. Returns the octets to send, 0 for none. */
static size_t answer(struct udp *u, const struct view *view, unsigned i, size_t n)
{
    struct respond_client client;

    worker_client(&u->addresses[i], false, &client);
    return respond(view->table, &u->worker.responder, &view->secrets, &client, u->buffers[i], n);
}

/* An answer that the kernel does not take at once is lost, as any datagram may be. Waiting would
 * only let the queue of queries run over. */
static void count_unsent(struct udp *u)
{
    counter_add(&u->worker.responder.counters.ignored[COUNTER_UNSENT], 1);
}

static void serve_one(struct udp *u)
{
    socklen_t length = sizeof u->addresses[0];
    ssize_t n = recvfrom(u->fd, u->buffers[0], RESPOND_UDP_BUFFER, 0,
                         (struct sockaddr *)&u->addresses[0], &length);
    size_t size;

    u->singles++;
    if (n <= 0)
        return;
    size = answer(u, worker_view(&u->worker), 0, (size_t)n);
    if (size > 0 && sendto(u->fd, u->buffers[0], size, MSG_DONTWAIT,
                           (struct sockaddr *)&u->addresses[0], length) < 0)
        count_unsent(u);
}

/* Sends the first n messages; one that the kernel refuses does not hold up those behind it. */
static void send_batch(struct udp *u, unsigned n)
{
    unsigned done = 0;

    while (done < n) {
        int sent = sendmmsg(u->fd, u->messages + done, n - done, MSG_DONTWAIT);

        if (sent < 0)
            count_unsent(u);
        done += sent < 0 ? 1 : (unsigned)sent;
    }
}

/* Readies message i for the next receive. */
static void reset_message(struct udp *u, unsigned i)
{
    u->vectors[i] = (struct iovec){u->buffers[i], RESPOND_UDP_BUFFER};
    u->messages[i].msg_hdr = (struct msghdr){.msg_name = &u->addresses[i],
                                             .msg_namelen = sizeof u->addresses[i],
                                             .msg_iov = &u->vectors[i],
                                             .msg_iovlen = 1};
}

static void serve_batch(struct udp *u)
{
    int n = recvmmsg(u->fd, u->messages, BATCH, MSG_WAITFORONE, NULL);
    const struct view *view = worker_view(&u->worker);
    unsigned answers = 0;

    if (n <= 1)
        u->singles = 0; /* no queue: back to single receives */
    for (unsigned i = 0; n > 0 && i < (unsigned)n; i++) {
        size_t size = answer(u, view, i, u->messages[i].msg_len);

        if (size == 0)
            continue;
        u->vectors[i].iov_len = size;
        if (answers != i) /* a header carries its own address and buffer: moving it is enough */
            u->messages[answers].msg_hdr = u->messages[i].msg_hdr;
        answers++;
    }
    send_batch(u, answers);
    for (unsigned i = 0; n > 0 && i < (unsigned)n; i++)
        reset_message(u, i);
}

static void *run(void *argument)
{
    struct udp *u = argument;

    for (unsigned i = 0; i < BATCH; i++)
        reset_message(u, i);
    while (!worker_stopping(&u->worker)) {
        worker_turn(&u->worker);
        if (u->singles < LOOK_EVERY)
            serve_one(u);
        else
            serve_batch(u);
    }
    return NULL;
}

int udp_start(int fd, const view_source *source, uint32_t rate, struct udp **ret)
{
    const struct timeval turn = {.tv_sec = WORKER_TURN_MS / 1000,
                                 .tv_usec = WORKER_TURN_MS % 1000 * 1000};
    struct udp *u = calloc(1, sizeof *u);
    int r = u ? worker_init(&u->worker, source, rate) : -ENOMEM;

    if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &turn, sizeof turn) < 0)
        r = -errno;
    if (r == 0) {
        u->fd = fd;
        r = worker_start(&u->worker, run, u);
    }
    if (r < 0) {
        close(fd);
        if (u)
            worker_done(&u->worker);
        free(u);
        return r;
    }
    *ret = u;
    return 0;
}

void udp_stop(struct udp *u)
{
    if (!u)
        return;
    atomic_store(&u->worker.stop, true);
    shutdown(u->fd, SHUT_RDWR); /* wakes the receive, though the socket is not connected */
    pthread_join(u->worker.thread, NULL);
    close(u->fd);
    worker_done(&u->worker);
    free(u);
}

const struct worker *udp_worker(const struct udp *u)
{
    return &u->worker;
}
