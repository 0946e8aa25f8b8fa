/* SPDX-License-Identifier: ISC */
#include "dns_fixture.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/connection.h"
#include "dns/tcp.h"
#include "dns/wire.h"

enum { PATIENCE_S = 20, FRAME_LENGTH = 2 };

/* A table in which big.get.example.org has some 30,000 octets of text. */
static struct table *big_table(void **state)
{
    char extra[32768] = "";
    size_t length = 0;

    while (length < 30000)
        length += (size_t)snprintf(extra + length, sizeof extra - length,
                                   "big TXT \"%zu: %0200d\"\n", length, 0);
    return dns_table(state, ZONE SITE CHECK, extra);
}

/* How many connections there is to be no memory for. Nothing else of that size is asked for. */
static _Atomic int refusals;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    if (size >= CONNECTION_QUERY_MAX && size < (size_t)2 * CONNECTION_QUERY_MAX &&
        atomic_load(&refusals) > 0 && atomic_fetch_sub(&refusals, 1) > 0)
        return NULL;
    return __real_malloc(size);
}

static int bound_socket(struct sockaddr_in *ret)
{
    socklen_t length = sizeof *ret;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof *ret), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &length), 0);
    return fd;
}

/* Whether a new connection gets an answer. */
static bool is_answered(const struct sockaddr_in *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    uint8_t packet[512];
    size_t length = dns_query(packet + FRAME_LENGTH, "get.example.org", WIRE_TYPE_A);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t n;

    wire_put16(packet, (unsigned)length);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof *address), 0);
    assert_int_equal(send(fd, packet, FRAME_LENGTH + length, 0), FRAME_LENGTH + length);
    n = recv(fd, packet, sizeof packet, 0);
    close(fd);
    return n > WIRE_HEADER_LENGTH;
}

/* The connection that there was no memory for waits, and so do those behind it; none is lost. */
static void no_memory_for_a_connection(void **state)
{
    struct snapshot snapshot = {.table = dns_table(state, ZONE SITE CHECK, NULL)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    struct tcp *tcp;

    assert_int_equal(tcp_start(bound_socket(&address), &source, 8, &tcp), 0);
    assert_true(is_answered(&address));
    atomic_store(&refusals, 2);
    assert_true(is_answered(&address));
    assert_true(atomic_load(&refusals) <= 0);
    assert_true(is_answered(&address));
    tcp_stop(tcp);
    table_free(snapshot.table);
}

/* Sends the query n times, and behind it a frame that ends the connection. */
static int ask_often(const struct sockaddr_in *address, const char *name, unsigned n)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    uint8_t packet[512];
    size_t length = dns_query(packet + FRAME_LENGTH, name, WIRE_TYPE_TXT);
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 1;

    wire_put16(packet, (unsigned)length);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof *address), 0);
    while (n-- > 0)
        assert_int_equal(send(fd, packet, FRAME_LENGTH + length, 0), FRAME_LENGTH + length);
    assert_int_equal(send(fd, "\0", FRAME_LENGTH, 0), FRAME_LENGTH);
    return fd;
}

/* How many answers come before the connection ends. */
static unsigned count_answers(int fd)
{
    static uint8_t packet[RESPOND_TCP_BUFFER];
    unsigned n = 0;

    while (recv(fd, packet, FRAME_LENGTH, MSG_WAITALL) == FRAME_LENGTH) {
        size_t length = wire_get16(packet);

        assert_int_equal(recv(fd, packet, length, MSG_WAITALL), length);
        n++;
    }
    close(fd);
    return n;
}

/* Though the kernel takes only some of them at a time. */
static void what_is_asked_before_a_faulty_frame_is_answered(void **state)
{
    struct snapshot snapshot = {.table = big_table(state)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    int small = 1, fd = bound_socket(&address);
    struct tcp *tcp;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    assert_int_equal(tcp_start(fd, &source, 8, &tcp), 0);
    for (unsigned n = 0; n <= 12; n++)
        assert_int_equal(count_answers(ask_often(&address, "big.get.example.org", n)), n);
    tcp_stop(tcp);
    table_free(snapshot.table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(no_memory_for_a_connection),
        CONF_FILE_TEST(what_is_asked_before_a_faulty_frame_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
