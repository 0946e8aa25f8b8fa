/* SPDX-License-Identifier: ISC */
/*
 * Queries over TCP: however the octets of a client are cut, they get the answers that respond()
 * gives to each query, in their order, up to the first that has none; and there is an end.
 *
 * The first octet of the input says how many octets are written at a time; the rest is what the
 * client sends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/connection.h"
#include "dns/wire.h"
#include "dns_mutator.h"
#include "tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

enum { ANSWERS_MAX = 1 << 20 };

static struct table *tables[2];
static struct snapshot snapshot;
static snapshot_source source;
static struct worker worker;
static struct connections all;
static uv_loop_t loop;
static int listener_fd;
static uv_poll_t listener;
static struct sockaddr_storage address;

static void on_connection(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)events;
    if (status == 0)
        connections_accept(&all, listener_fd);
}

static void on_turn(uv_prepare_t *prepare)
{
    (void)prepare;
    worker_turn(&worker);
}

static void set_up(void)
{
    static uv_prepare_t turn;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    tables_make(false, 0, tables);
    table_set_mode(tables[0], 0, TABLE_SERVE);
    snapshot.table = tables[0];
    source = &snapshot;
    if (worker_init(&worker, &source, 0) < 0 || uv_loop_init(&loop) < 0 ||
        (listener_fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
        bind(listener_fd, (struct sockaddr *)&any, sizeof any) < 0 || listen(listener_fd, 8) < 0 ||
        getsockname(listener_fd, (struct sockaddr *)&address, &length) < 0 ||
        uv_poll_init(&loop, &listener, listener_fd) < 0 ||
        uv_poll_start(&listener, UV_READABLE, on_connection) < 0)
        abort();
    connections_init(&all, &loop, &worker, 4);
    uv_prepare_init(&loop, &turn);
    uv_prepare_start(&turn, on_turn);
}

/* What the client is to get. */
static size_t expect(const uint8_t *data, size_t size, uint8_t *out)
{
    static const uint8_t client_address[4] = {127, 0, 0, 1};
    struct respond_client client = {
        .address = client_address, .address_length = 4, .tcp = true, .wall_s = 0};
    size_t length, answer, total = 0;

    while (size >= 2 && (length = wire_get16(data)) > 0 && length <= CONNECTION_QUERY_MAX &&
           length + 2 <= size) {
        uint8_t *packet = malloc(RESPOND_TCP_BUFFER);

        memcpy(packet, data + 2, length);
        answer = respond(tables[0], &worker.responder, &snapshot.secrets, &client, packet, length);
        if (answer && total + 2 + answer <= ANSWERS_MAX) {
            wire_put16(out + total, (unsigned)answer);
            memcpy(out + total + 2, packet, answer);
            total += 2 + answer;
        }
        free(packet);
        if (!answer)
            break;
        data += 2 + length;
        size -= 2 + length;
    }
    return total;
}

/* Returns whether the connection has ended. */
static bool receive(int fd, uint8_t *out, size_t *got)
{
    ssize_t n = recv(fd, out + *got, ANSWERS_MAX - *got, MSG_DONTWAIT);

    if (n > 0)
        *got += (size_t)n;
    return n == 0 || (n < 0 && errno != EAGAIN);
}

static size_t converse(const uint8_t *data, size_t size, size_t step, uint8_t *out)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct linger at_once = {.l_onoff = 1}; /* no port is kept after it */
    bool ended = false, shut = false;
    size_t got = 0;

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(struct sockaddr_in)) < 0)
        abort();
    while (!ended) { /* a hang is what libFuzzer looks for */
        size_t part = step < size ? step : size;
        ssize_t n = part ? send(fd, data, part, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        if (part == 0 && !shut)
            shut = shutdown(fd, SHUT_WR) == 0;
        uv_run(&loop, UV_RUN_NOWAIT);
        ended = receive(fd, out, &got);
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    while (all.n > 0)
        uv_run(&loop, UV_RUN_NOWAIT);
    return got;
}

/* Cookies carry the time, which moves. */
static bool has_cookie(const uint8_t *data, size_t size)
{
    static const uint8_t code[] = {0, WIRE_OPTION_COOKIE};

    return memmem(data, size, code, sizeof code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t expected[ANSWERS_MAX], out[ANSWERS_MAX];
    size_t length, got;

    if (size < 1)
        return 0;
    if (!tables[0])
        set_up();
    length = expect(data + 1, size - 1, expected);
    got = converse(data + 1, size - 1, data[0] % 2 ? data[0] : size, out);
    if (!has_cookie(data, size) && (got != length || memcmp(out, expected, got)))
        abort();
    return 0;
}

/* One query more, behind its length, or any octets. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint8_t frame[2048] = {0};
    size_t length;

    if (seed % 4 == 0 || size < 1)
        return dns_mutate(data, size, max, seed | 1, 0);
    length = dns_mutate(frame, 2, sizeof frame, seed & ~1U, 2);
    wire_put16(frame, (unsigned)(length - 2));
    if (seed % 4 == 1 || size + length > max)
        size = 1;
    if (size + length > max)
        return size;
    memcpy(data + size, frame, length);
    return size + length;
}
