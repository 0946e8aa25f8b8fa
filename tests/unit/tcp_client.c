/* SPDX-License-Identifier: ISC */
#include "tcp_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/wire.h"
#include "dns_fixture.h"

enum { PATIENCE_S = 20, FRAME_LENGTH = 2 };

int bound_socket(struct sockaddr_in *ret)
{
    socklen_t length = sizeof *ret;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof *ret), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &length), 0);
    return fd;
}

/* libuv's io_uring, from 1.45 on, interrupts whoever has made the loop, as a signal would. */
size_t receive(int fd, void *packet, size_t size)
{
    size_t got = 0;
    ssize_t n;

    while (got < size && ((n = recv(fd, (uint8_t *)packet + got, size - got, 0)) > 0 ||
                          (n < 0 && errno == EINTR)))
        got += n > 0 ? (size_t)n : 0;
    return got;
}

int connected(const struct sockaddr_in *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof *address), 0);
    return fd;
}

void send_question(int fd)
{
    uint8_t packet[512];
    size_t length = dns_query(packet + FRAME_LENGTH, "get.example.org", WIRE_TYPE_A);

    wire_put16(packet, (unsigned)length);
    assert_int_equal(send(fd, packet, FRAME_LENGTH + length, 0), FRAME_LENGTH + length);
}

bool gets_answer(int fd)
{
    uint8_t packet[512];

    return receive(fd, packet, FRAME_LENGTH) == FRAME_LENGTH &&
           receive(fd, packet, wire_get16(packet)) > WIRE_HEADER_LENGTH;
}

bool is_answered(const struct sockaddr_in *address)
{
    int fd = connected(address);
    bool answered;

    send_question(fd);
    answered = gets_answer(fd);
    close(fd);
    return answered;
}

int ask_often(const struct sockaddr_in *address, const char *name, size_t n)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    uint8_t packet[512], all[8192];
    size_t length = FRAME_LENGTH + dns_query(packet + FRAME_LENGTH, name, WIRE_TYPE_TXT);
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 1;

    wire_put16(packet, (unsigned)(length - FRAME_LENGTH));
    assert_in_range(n * length + FRAME_LENGTH, 1, sizeof all);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * length, packet, length);
    memset(all + n * length, 0, FRAME_LENGTH);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof *address), 0);
    length = n * length + FRAME_LENGTH;
    assert_int_equal(send(fd, all, length, 0), length);
    return fd;
}

unsigned count_answers(int fd)
{
    static uint8_t packet[RESPOND_TCP_BUFFER];
    unsigned n = 0;

    while (receive(fd, packet, FRAME_LENGTH) == FRAME_LENGTH) {
        size_t length = wire_get16(packet);

        assert_int_equal(receive(fd, packet, length), length);
        n++;
    }
    close(fd);
    return n;
}
