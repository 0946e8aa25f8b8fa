/* SPDX-License-Identifier: ISC */
/*
 * echo: what a nameserver would cost if it had nothing to do. It sends each query back with the QR
 * bit set and 16 octets behind it, which is the length of an A record. Three shapes:
 *
 *   batch   recvmmsg and sendmmsg, blocking, up to 64 at a time: what the others are compared with
 *   adapt   recvfrom and sendto while queries come singly, batches while they queue up
 *   tcp     reads what there is, answers it all in one write
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 64, LOOK_EVERY = 8, BUFFER = 4096, RECORD = 16, HEADER = 12, QR = 0x80 };
enum { CONNECTIONS = 1024, INPUT = 65536 };

static struct sockaddr_in addresses[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];
static uint8_t buffers[BATCH][BUFFER];

static size_t answer(uint8_t *query, size_t length)
{
    static const uint8_t record[RECORD] = {0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2};

    query[2] |= QR;
    memcpy(query + length, record, RECORD);
    return length + RECORD;
}

static void reset(int i)
{
    vectors[i] = (struct iovec){buffers[i], BUFFER - RECORD};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &addresses[i],
                                          .msg_namelen = sizeof addresses[i],
                                          .msg_iov = &vectors[i],
                                          .msg_iovlen = 1};
}

static int serve_batch(int fd)
{
    int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);

    for (int i = 0; i < n; i++)
        vectors[i].iov_len = answer(buffers[i], messages[i].msg_len);
    if (n > 0)
        sendmmsg(fd, messages, (unsigned)n, 0);
    for (int i = 0; i < n; i++)
        reset(i);
    return n;
}

static void serve_one(int fd)
{
    socklen_t length = sizeof addresses[0];
    struct sockaddr *address = (struct sockaddr *)&addresses[0];
    ssize_t n = recvfrom(fd, buffers[0], BUFFER - RECORD, 0, address, &length);

    if (n >= HEADER)
        sendto(fd, buffers[0], answer(buffers[0], (size_t)n), 0, address, length);
}

static void serve_udp(int fd, int adapt)
{
    int singles = adapt ? 0 : LOOK_EVERY;

    for (int i = 0; i < BATCH; i++)
        reset(i);
    for (;;) {
        if (singles++ < LOOK_EVERY)
            serve_one(fd);
        else if (serve_batch(fd) <= 1 && adapt)
            singles = 0;
        else
            singles = LOOK_EVERY;
    }
}

/* One connection: answers every whole frame in one write. Returns 0 at its end. */
static int serve_stream(int fd)
{
    static struct {
        size_t length;
        uint8_t octets[INPUT];
    } inputs[CONNECTIONS];
    static uint8_t output[INPUT * 2];
    ssize_t n = recv(fd, inputs[fd].octets + inputs[fd].length, INPUT - inputs[fd].length, 0);
    size_t at = 0, length, out = 0;
    uint8_t *octets = inputs[fd].octets;

    inputs[fd].length = n > 0 ? inputs[fd].length + (size_t)n : 0;
    if (n <= 0)
        return 0;
    while (inputs[fd].length - at >= 2) {
        length = (size_t)octets[at] << 8 | octets[at + 1];
        if (inputs[fd].length - at < 2 + length)
            break;
        memcpy(output + out + 2, octets + at + 2, length);
        at += 2 + length;
        length = answer(output + out + 2, length);
        output[out] = (uint8_t)(length >> 8);
        output[out + 1] = (uint8_t)length;
        out += 2 + length;
    }
    inputs[fd].length -= at;
    memmove(octets, octets + at, inputs[fd].length);
    return send(fd, output, out, MSG_NOSIGNAL) == (ssize_t)out;
}

static void serve_tcp(int listener)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[BATCH];
    const int one = 1;
    int poll = epoll_create1(0);

    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(poll, events, BATCH, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd != listener) {
                if (!serve_stream(fd))
                    close(fd);
                continue;
            }
            fd = accept(listener, NULL, NULL);
            if (fd < 0 || fd >= CONNECTIONS)
                exit(1);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event.data.fd = fd;
            epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *shape = argc == 4 ? argv[1] : "";
    int tcp = !strcmp(shape, "tcp"), adapt = !strcmp(shape, "adapt");
    int fd = socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    const int one = 1;

    if ((!tcp && !adapt && strcmp(shape, "batch") != 0) || !inet_aton(argv[2], &address.sin_addr)) {
        fputs("usage: echo batch|adapt|tcp ADDRESS PORT\n", stderr);
        return 64;
    }
    address.sin_port = htons((uint16_t)atoi(argv[3]));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || (tcp && listen(fd, 64) < 0)) {
        perror("echo");
        return 1;
    }
    if (tcp)
        serve_tcp(fd);
    else
        serve_udp(fd, adapt);
}
