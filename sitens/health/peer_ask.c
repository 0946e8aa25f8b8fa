/* SPDX-License-Identifier: ISC */
#include "peer_ask.h"

#include <errno.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ANSWER_MAX = 4096 }; /* octets; an unsigned SOA takes some 100 */

/* Of the process's descriptors; the others are for its own checks, and for those who ask it. When
 * every other site is silent, all questions wait at the same time. */
enum { SHARE = 4 };

static size_t n_open; /* questions that have a socket */

struct peer_ask {
    union {
        uv_handle_t handle;
        uv_udp_t udp;
        uv_tcp_t tcp;
    } socket;
    uv_connect_t connect;
    uv_write_t write;
    const char *zone;
    peer_ask_fn on_end;
    void *userdata;
    bool ended;
    uint16_t id;
    size_t query_length, received;
    uint8_t query[2 + PEER_QUERY_MAX]; /* behind its length, as TCP wants it */
    uint8_t answer[2 + ANSWER_MAX];
};

static void end(struct peer_ask *ask, enum peer_answer what, const char *why)
{
    if (ask->ended)
        return;
    ask->ended = true;
    ask->on_end(ask->userdata, what, why);
}

static void fail(struct peer_ask *ask, int error)
{
    end(ask, PEER_REFUSES, error == UV_EOF ? "it closes the connection" : uv_strerror(error));
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct peer_ask *ask = handle->data;

    (void)suggested;
    *buf = uv_buf_init((char *)ask->answer + ask->received,
                       (unsigned)(sizeof ask->answer - ask->received));
}

static void on_tcp_data(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct peer_ask *ask = stream->data;
    enum peer_answer what;
    const char *why;
    size_t length;

    (void)buf;
    if (n < 0) {
        fail(ask, (int)n);
        return;
    }
    ask->received += (size_t)n;
    length = (size_t)ask->answer[0] << 8 | ask->answer[1];
    if (ask->received < 2 || (ask->received < 2 + length && length <= ANSWER_MAX))
        return;
    if (length > ANSWER_MAX) {
        end(ask, PEER_REFUSES, "its answer is too long");
        return;
    }
    what = peer_answer(ask->answer + 2, length, ask->zone, ask->id, &why);
    /* Nothing else can come on this connection. */
    end(ask, what == PEER_UNRELATED || what == PEER_TRUNCATED ? PEER_REFUSES : what, why);
}

static void on_written(uv_write_t *request, int status)
{
    if (status < 0 && status != UV_ECANCELED)
        fail(request->data, status);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct peer_ask *ask = request->data;
    uv_buf_t buf = uv_buf_init((char *)ask->query, (unsigned)(2 + ask->query_length));
    uv_stream_t *stream = (uv_stream_t *)&ask->socket.tcp;

    if (status == UV_ECANCELED)
        return;
    if (status == 0)
        status = uv_write(&ask->write, stream, &buf, 1, on_written);
    if (status == 0)
        status = uv_read_start(stream, on_alloc, on_tcp_data);
    if (status < 0)
        fail(ask, status);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
                        unsigned flags)
{
    struct peer_ask *ask = udp->data;
    enum peer_answer what;
    const char *why;

    if (n < 0)
        fail(ask, (int)n);
    if (n <= 0 || !from || flags & UV_UDP_PARTIAL)
        return;
    what = peer_answer((const uint8_t *)buf->base, (size_t)n, ask->zone, ask->id, &why);
    if (what != PEER_UNRELATED)
        end(ask, what, why);
}

/* A connected socket takes datagrams only from there, and hears of a closed port. */
static int ask_over_udp(struct peer_ask *ask, const struct sockaddr *address)
{
    uv_buf_t buf = uv_buf_init((char *)ask->query + 2, (unsigned)ask->query_length);
    uv_udp_t *udp = &ask->socket.udp;
    int r = uv_udp_connect(udp, address);

    if (r == 0)
        r = uv_udp_try_send(udp, &buf, 1, NULL);
    return r < 0 ? r : uv_udp_recv_start(udp, on_alloc, on_datagram);
}

static int make_query(struct peer_ask *ask)
{
    int length;

    ask->id = (uint16_t)randombytes_random();
    length = peer_query(ask->zone, ask->id, ask->query + 2);
    if (length < 0)
        return length;
    ask->query[0] = (uint8_t)(length >> 8);
    ask->query[1] = (uint8_t)length;
    ask->query_length = (size_t)length;
    return 0;
}

static bool is_room_left(void)
{
    struct rlimit files;

    return getrlimit(RLIMIT_NOFILE, &files) < 0 || n_open < files.rlim_cur / SHARE;
}

int peer_ask_new(uv_loop_t *loop, const struct sockaddr *address, const char *zone, bool over_tcp,
                 peer_ask_fn on_end, void *userdata, struct peer_ask **ret)
{
    struct peer_ask *ask;
    int r;

    if (!is_room_left())
        return -EMFILE;
    ask = calloc(1, sizeof *ask);
    if (!ask)
        return -ENOMEM;
    ask->zone = zone;
    ask->on_end = on_end;
    ask->userdata = userdata;
    r = make_query(ask);
    if (r == 0)
        r = over_tcp ? uv_tcp_init(loop, &ask->socket.tcp) : uv_udp_init(loop, &ask->socket.udp);
    if (r < 0) {
        free(ask);
        return r;
    }
    n_open++;
    ask->socket.handle.data = ask->connect.data = ask->write.data = ask;
    r = over_tcp ? uv_tcp_connect(&ask->connect, &ask->socket.tcp, address, on_connected)
                 : ask_over_udp(ask, address);
    if (r < 0) {
        peer_ask_free(ask);
        return r;
    }
    *ret = ask;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void peer_ask_free(struct peer_ask *ask)
{
    if (!ask)
        return;
    ask->ended = true;
    n_open--;
    uv_close(&ask->socket.handle, on_closed);
}
