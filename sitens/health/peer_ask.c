/* SPDX-License-Identifier: ISC */
#include "peer_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "peer_message.h"

enum { ANSWER_MAX = 4096 }; /* octets; an unsigned SOA takes some 100 */

struct peer_ask {
    uv_timer_t timer; /* when UDP has had its time */
    uv_udp_t udp;
    uv_tcp_t tcp;
    int handles; /* not yet closed; the last one frees */
    uv_connect_t connect;
    uv_write_t write;
    struct sockaddr_storage address;
    const char *zone;
    peer_ask_fn on_end;
    void *userdata;
    bool over_tcp, ended;
    uint16_t id;
    size_t query_length, received;
    uint8_t query[2 + PEER_QUERY_MAX]; /* behind its length, as TCP wants it */
    uint8_t answer[2 + ANSWER_MAX];
};

static void on_closed(uv_handle_t *handle)
{
    struct peer_ask *ask = handle->data;

    if (--ask->handles == 0)
        free(ask);
}

static void close_handle(struct peer_ask *ask, void *handle)
{
    ask->handles++;
    uv_close(handle, on_closed);
}

static void end(struct peer_ask *ask, bool answers, const char *why)
{
    if (ask->ended)
        return;
    ask->ended = true;
    ask->on_end(ask->userdata, answers, why);
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
    const char *why;
    size_t length;
    bool answers;

    (void)buf;
    if (n < 0) {
        end(ask, false, n == UV_EOF ? "it closes the connection" : uv_strerror((int)n));
        return;
    }
    ask->received += (size_t)n;
    length = (size_t)ask->answer[0] << 8 | ask->answer[1];
    if (ask->received < 2 || (ask->received < 2 + length && length <= ANSWER_MAX))
        return;
    if (length > ANSWER_MAX) {
        end(ask, false, "its answer is too long");
        return;
    }
    answers = peer_answer(ask->answer + 2, length, ask->zone, ask->id, &why) == PEER_ANSWERS;
    end(ask, answers, why);
}

static void on_written(uv_write_t *request, int status)
{
    struct peer_ask *ask = request->data;

    if (status < 0 && status != UV_ECANCELED)
        end(ask, false, uv_strerror(status));
}

static void on_connected(uv_connect_t *request, int status)
{
    struct peer_ask *ask = request->data;
    uv_buf_t buf = uv_buf_init((char *)ask->query, (unsigned)(2 + ask->query_length));

    if (status == UV_ECANCELED)
        return;
    if (status == 0)
        status = uv_write(&ask->write, (uv_stream_t *)&ask->tcp, &buf, 1, on_written);
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&ask->tcp, on_alloc, on_tcp_data);
    if (status < 0)
        end(ask, false, uv_strerror(status));
}

static void turn_to_tcp(struct peer_ask *ask)
{
    int r;

    if (ask->over_tcp)
        return;
    ask->over_tcp = true;
    uv_udp_recv_stop(&ask->udp);
    uv_timer_stop(&ask->timer);
    r = uv_tcp_connect(&ask->connect, &ask->tcp, (const struct sockaddr *)&ask->address,
                       on_connected);
    if (r < 0)
        end(ask, false, uv_strerror(r));
}

static void on_timer(uv_timer_t *timer)
{
    turn_to_tcp(timer->data);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
                        unsigned flags)
{
    struct peer_ask *ask = udp->data;
    const char *why;

    if (n < 0)
        turn_to_tcp(ask);
    if (n <= 0 || !from || flags & UV_UDP_PARTIAL)
        return;
    switch (peer_answer((const uint8_t *)buf->base, (size_t)n, ask->zone, ask->id, &why)) {
    case PEER_ANSWERS:
        end(ask, true, why);
        break;
    case PEER_REFUSES:
        end(ask, false, why);
        break;
    case PEER_TRUNCATED:
        turn_to_tcp(ask);
        break;
    case PEER_UNRELATED:
        break;
    }
}

/* A connected socket takes datagrams only from there, and hears of a closed port. */
static int ask_udp(struct peer_ask *ask)
{
    uv_buf_t buf = uv_buf_init((char *)ask->query + 2, (unsigned)ask->query_length);
    int r = uv_udp_connect(&ask->udp, (const struct sockaddr *)&ask->address);

    if (r == 0)
        r = uv_udp_try_send(&ask->udp, &buf, 1, NULL);
    return r < 0 ? r : uv_udp_recv_start(&ask->udp, on_alloc, on_datagram);
}

static int make_query(struct peer_ask *ask)
{
    int length;

    ask->id = (uint16_t)arc4random();
    length = peer_query(ask->zone, ask->id, ask->query + 2);
    if (length < 0)
        return length;
    ask->query[0] = (uint8_t)(length >> 8);
    ask->query[1] = (uint8_t)length;
    ask->query_length = (size_t)length;
    return 0;
}

int peer_ask_new(uv_loop_t *loop, const struct sockaddr *address, const char *zone, uint32_t udp_ms,
                 peer_ask_fn on_end, void *userdata, struct peer_ask **ret)
{
    struct peer_ask *ask = calloc(1, sizeof *ask);
    int r = ask ? 0 : -ENOMEM;

    if (ask) {
        ask->zone = zone;
        r = make_query(ask);
    }
    if (r < 0) {
        free(ask);
        return r;
    }
    memcpy(&ask->address, address,
           address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                         : sizeof(struct sockaddr_in6));
    ask->on_end = on_end;
    ask->userdata = userdata;
    uv_timer_init(loop, &ask->timer);
    uv_udp_init(loop, &ask->udp);
    uv_tcp_init(loop, &ask->tcp);
    ask->timer.data = ask->udp.data = ask->tcp.data = ask->connect.data = ask->write.data = ask;
    r = ask_udp(ask);
    uv_timer_start(&ask->timer, on_timer, r < 0 ? 0 : udp_ms, 0);
    *ret = ask;
    return 0;
}

void peer_ask_free(struct peer_ask *ask)
{
    if (!ask)
        return;
    ask->ended = true;
    close_handle(ask, &ask->timer);
    close_handle(ask, &ask->udp);
    close_handle(ask, &ask->tcp);
}
