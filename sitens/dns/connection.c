/* SPDX-License-Identifier: ISC */
#include "connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum {
    FRAME_LENGTH = 2, /* RFC 1035 section 4.2.2 */
    OUTPUT_ENOUGH = CONNECTION_OUTPUT_ROOM - FRAME_LENGTH - RESPOND_TCP_BUFFER,
};

struct connection {
    uv_tcp_t handle;
    struct connections *all;
    struct connection *older, *newer;
    struct sockaddr_storage address;
    unsigned of_client; /* connections that this client has, this one included */
    uint64_t active_ms; /* last complete query, or the beginning */
    uint64_t read_turn; /* when the client was read from last */
    uv_write_t write;
    uint8_t *unsent; /* what the kernel did not take; NULL: nothing, and the client is read from */
    bool more;       /* answers are left to be made in the next turn; nothing is read meanwhile */
    bool ending;     /* closes when its answers are written */
    bool closing;
    size_t input_length;
    uint8_t input[CONNECTION_INPUT_ROOM];
};

static void publish_number(const struct connections *all)
{
    atomic_store_explicit(&all->worker->responder.counters.tcp_connections, all->n,
                          memory_order_relaxed);
}

static void unlink_connection(struct connection *c)
{
    struct connections *all = c->all;

    *(c->older ? &c->older->newer : &all->oldest) = c->newer;
    *(c->newer ? &c->newer->older : &all->newest) = c->older;
}

static void link_newest(struct connection *c)
{
    struct connections *all = c->all;

    c->older = all->newest;
    c->newer = NULL;
    *(all->newest ? &all->newest->newer : &all->oldest) = c;
    all->newest = c;
    c->active_ms = uv_now(all->loop);
}

/* Whether both come from one host, or one /64. */
static bool same_client(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                   &((const struct sockaddr_in6 *)b)->sin6_addr, 8);
}

/* Has each connection of that client know how many there are. */
static void count_client(const struct connections *all, const struct sockaddr_storage *client)
{
    unsigned n = 0;

    for (const struct connection *c = all->newest; c; c = c->older)
        n += same_client(&c->address, client);
    for (struct connection *c = all->newest; c; c = c->older)
        if (same_client(&c->address, client))
            c->of_client = n;
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    free(c->unsent);
    free(c);
}

/* Once: behind it libuv calls nothing of a connection but on_written(), if that is due. */
static void close_connection(struct connection *c)
{
    c->closing = true;
    unlink_connection(c);
    c->all->n--;
    publish_number(c->all);
    count_client(c->all, &c->address);
    uv_close((uv_handle_t *)&c->handle, on_closed);
}

static void serve(struct connection *c);
static void on_more(uv_idle_t *idle);

static void on_written(uv_write_t *write, int status)
{
    struct connection *c = write->data;

    free(c->unsent);
    c->unsent = NULL;
    if (c->closing)
        return;
    if (status < 0)
        close_connection(c);
    else
        serve(c); /* what came in meanwhile */
}

/* Keeps what the kernel does not take now. False: the connection is of no use any more. */
static bool write_later(struct connection *c, const uint8_t *rest, size_t length)
{
    uv_buf_t buffer;

    c->unsent = malloc(length);
    if (!c->unsent)
        return false;
    memcpy(c->unsent, rest, length);
    buffer = uv_buf_init((char *)c->unsent, (unsigned)length);
    c->write.data = c;
    uv_read_stop((uv_stream_t *)&c->handle);
    return uv_write(&c->write, (uv_stream_t *)&c->handle, &buffer, 1, on_written) == 0;
}

/* Writes the answers made so far. False: the connection is of no use any more. */
static bool flush(struct connection *c)
{
    struct connections *all = c->all;
    uv_buf_t buffer = uv_buf_init((char *)all->output, (unsigned)all->output_length);
    size_t length = all->output_length;
    int n;

    all->output_length = 0;
    if (length == 0)
        return true;
    n = uv_try_write((uv_stream_t *)&c->handle, &buffer, 1);
    if (n == UV_EAGAIN)
        n = 0;
    if (n < 0)
        return false;
    return (size_t)n == length || write_later(c, all->output + n, length - (size_t)n);
}

/* Answers the complete query into the output. False: there is no answer, which over TCP is said by
 * closing the connection. */
static bool answer(const struct connection *c, const struct respond_client *client,
                   const uint8_t *query, size_t length)
{
    struct connections *all = c->all;
    const struct snapshot *snapshot = worker_snapshot(all->worker);
    uint8_t *out = all->output + all->output_length;
    size_t size;

    memcpy(out + FRAME_LENGTH, query, length);
    size = respond(snapshot->table, &all->worker->responder, &snapshot->secrets, client,
                   out + FRAME_LENGTH, length);
    if (size == 0)
        return false;
    wire_put16(out, (unsigned)size);
    all->output_length += FRAME_LENGTH + size;
    return true;
}

/* Whether the input at offset at begins with a complete frame, or with a faulty one. */
static bool has_frame(const struct connection *c, size_t at)
{
    size_t length;

    if (c->input_length - at < FRAME_LENGTH)
        return false;
    length = wire_get16(c->input + at);
    return length > CONNECTION_QUERY_MAX || c->input_length - at >= FRAME_LENGTH + length;
}

/* Answers the complete frames in the input, as many as fill the output. A faulty one ends the
 * connection, but those before it have their answers. False: close it at once. */
static bool answer_frames(struct connection *c)
{
    struct connections *all = c->all;
    struct respond_client client = {.tcp = true};
    size_t at = 0;

    worker_clock(all->worker, &client);
    worker_address(&c->address, &client);
    while (!c->ending && has_frame(c, at) && all->output_length <= OUTPUT_ENOUGH) {
        size_t length = wire_get16(c->input + at);

        c->ending = length == 0 || length > CONNECTION_QUERY_MAX ||
                    !answer(c, &client, c->input + at + FRAME_LENGTH, length);
        at += FRAME_LENGTH + length;
    }
    if (at > 0 && !c->ending) {
        unlink_connection(c);
        link_newest(c);
        memmove(c->input, c->input + at, c->input_length - at);
        c->input_length -= at;
    }
    c->more = !c->ending && has_frame(c, 0);
    return flush(c);
}

/* libuv reads on as long as a client fills what it is given; so it is given room once a turn. */
static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *c = handle->data;
    bool wait = c->more || c->read_turn == worker_turns(c->all->worker);

    (void)suggested;
    *buffer = uv_buf_init((char *)c->input + c->input_length,
                          wait ? 0 : (unsigned)(sizeof c->input - c->input_length));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct connection *c = stream->data;

    (void)buffer;
    if (n > 0) {
        c->read_turn = worker_turns(c->all->worker);
        c->input_length += (size_t)n;
        serve(c);
    } else if (n < 0 && n != UV_ENOBUFS) {
        close_connection(c); /* or the end: nothing is read while an answer is under way */
    }
}

static void serve(struct connection *c)
{
    struct connections *all = c->all;

    if (!answer_frames(c) || ((c->ending || all->stopping) && !c->unsent && !c->more)) {
        close_connection(c);
    } else if (!c->unsent) { /* else on_written() goes on */
        if (c->more)
            uv_idle_start(&all->more, on_more);
        uv_read_start((uv_stream_t *)&c->handle, on_allocate, on_read);
    }
}

/* The next turn begins: one piece of work for each that has some left. */
static void on_more(uv_idle_t *idle)
{
    struct connections *all = idle->data;

    uv_idle_stop(idle);
    for (struct connection *c = all->newest, *older; c; c = older) {
        older = c->older; /* serving makes it the newest */
        if (c->more && !c->unsent)
            serve(c);
    }
}

void connections_init(struct connections *all, uv_loop_t *loop, struct worker *worker, unsigned max)
{
    all->loop = loop;
    all->worker = worker;
    all->max = max;
    uv_idle_init(loop, &all->more);
    all->more.data = all;
}

/* Closes a connection where there are too many: the one of this client that was idle longest if it
 * has its share, else that of the client that has the most, however busy it keeps them. */
static void make_room(struct connections *all, const struct sockaddr_storage *client)
{
    struct connection *own = NULL, *most = all->oldest;

    for (struct connection *c = all->newest; c; c = c->older) {
        if (same_client(&c->address, client))
            own = c;
        if (c->of_client >= most->of_client)
            most = c;
    }
    if (own && own->of_client >= CONNECTIONS_PER_CLIENT)
        close_connection(own);
    else if (all->n >= all->max)
        close_connection(most);
}

static void begin(struct connection *c)
{
    struct connections *all = c->all;

    make_room(all, &c->address);
    link_newest(c);
    all->n++;
    publish_number(all);
    count_client(all, &c->address);
    uv_tcp_nodelay(&c->handle, 1);
    uv_read_start((uv_stream_t *)&c->handle, on_allocate, on_read);
}

static int accept_one(struct connections *all, int fd)
{
    struct connection *c = malloc(sizeof *c);
    socklen_t length = sizeof c->address;
    int client, r;

    if (!c)
        return -ENOMEM;
    memset(c, 0, offsetof(struct connection, input));
    client = accept4(fd, (struct sockaddr *)&c->address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
        r = -errno;
        free(c);
        return r;
    }
    c->all = all;
    uv_tcp_init(all->loop, &c->handle);
    c->handle.data = c;
    r = uv_tcp_open(&c->handle, client);
    if (r < 0) {
        close(client);
        uv_close((uv_handle_t *)&c->handle, on_closed);
        return r;
    }
    begin(c);
    return 0;
}

/* Not by uv_listen(): that of libuv 1.50 brings one in a turn, so that whoever has one question
 * would wait for as many turns as there are others before him. */
bool connections_accept(struct connections *all, int fd)
{
    int r = 0;

    for (unsigned n = 0; r == 0 && n < CONNECTIONS_ACCEPT_MAX; n++)
        r = accept_one(all, fd);
    return r != -ENOMEM && r != -ENOBUFS && r != -EMFILE && r != -ENFILE;
}

void connections_close_idle(struct connections *all, uint64_t idle_ms)
{
    while (all->oldest && uv_now(all->loop) - all->oldest->active_ms >= idle_ms)
        close_connection(all->oldest);
}

void connections_finish(struct connections *all)
{
    all->stopping = true;
    for (struct connection *c = all->newest, *older; c; c = older) {
        older = c->older;
        if (!c->unsent && !c->more)
            close_connection(c);
    }
}

void connections_done(struct connections *all)
{
    uv_close((uv_handle_t *)&all->more, NULL);
}
