/* SPDX-License-Identifier: ISC */
/* A thread that answers over UDP, on a kernel that does not always help. */
#include "dns_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/udp.h"
#include "dns/wire.h"

enum { PATIENCE_S = 20 };

/* How often each call fails. */
enum call { SENDTO, SENDMMSG, RECVMMSG, CALLS };
static _Atomic int failures[CALLS];
/* Datagrams that sendmmsg() takes at a time. */
static _Atomic unsigned taken = UINT32_MAX;

ssize_t __real_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t length);
ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t length);
int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *wait);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *wait);

static bool fails(enum call call, int error)
{
    if (atomic_load(&failures[call]) == 0)
        return false;
    atomic_fetch_sub(&failures[call], 1);
    errno = error;
    return true;
}

ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t length)
{
    return fails(SENDTO, EAGAIN) ? -1 : __real_sendto(fd, data, size, flags, to, length);
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    unsigned most = atomic_load(&taken);

    return fails(SENDMMSG, EAGAIN) ? -1 : __real_sendmmsg(fd, messages, n < most ? n : most, flags);
}

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *wait)
{
    return fails(RECVMMSG, EINTR) ? -1 : __real_recvmmsg(fd, messages, n, flags, wait);
}

/* A server that has not begun, and a client. */
struct scene {
    struct snapshot snapshot;
    snapshot_source source;
    struct sockaddr_in address;
    int server, client;
};

static int udp_socket(struct sockaddr_in *ret)
{
    socklen_t length = sizeof *ret;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof *ret), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &length), 0);
    return fd;
}

static void set_up(struct scene *s, void **state)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in client;

    memset(s, 0, sizeof *s);
    s->snapshot.table = dns_table(state, ZONE SITE CHECK, NULL);
    s->source = &s->snapshot;
    s->server = udp_socket(&s->address);
    s->client = udp_socket(&client);
    setsockopt(s->client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(s->client, (struct sockaddr *)&s->address, sizeof s->address), 0);
}

static void tear_down(struct scene *s)
{
    close(s->client);
    table_free(s->snapshot.table);
}

static void ask(const struct scene *s, uint8_t id)
{
    uint8_t packet[512];
    size_t length = dns_query(packet, "get.example.org", WIRE_TYPE_A);

    packet[1] = id;
    assert_int_equal(send(s->client, packet, length, 0), length);
}

/* The id of the next answer. */
static uint8_t answered(const struct scene *s)
{
    uint8_t packet[512];

    assert_true(recv(s->client, packet, sizeof packet, 0) > WIRE_HEADER_LENGTH);
    return packet[1];
}

static uint64_t unsent(const struct udp *udp)
{
    return counter_get(&udp_worker(udp)->responder.counters.ignored[COUNTER_UNSENT]);
}

/* An answer that the kernel does not take is counted; the next one is sent. */
static void one_answer_is_not_taken(void **state)
{
    struct scene s;
    struct udp *udp;

    set_up(&s, state);
    assert_int_equal(udp_start(s.server, &s.source, 0, &udp), 0);
    atomic_store(&failures[SENDTO], 1);
    ask(&s, 1);
    ask(&s, 2);
    assert_int_equal(answered(&s), 2);
    assert_int_equal(unsent(udp), 1);
    udp_stop(udp);
    tear_down(&s);
}

/* A queue: the answers go out all together, or, as the kernel takes them, a few at a time; one that
 * it refuses does not hold up the others, nor does what gets no answer. */
static void a_queue(void **state)
{
    enum { QUERIES = 24, SINGLES = 8 };
    struct scene s;
    struct udp *udp;

    set_up(&s, state);
    for (uint8_t id = 0; id < QUERIES; id++)
        ask(&s, id);
    assert_int_equal(send(s.client, "", 1, 0), 1); /* no message */
    ask(&s, QUERIES);
    atomic_store(&failures[RECVMMSG], 1);
    atomic_store(&failures[SENDMMSG], 1);
    atomic_store(&taken, 3);
    assert_int_equal(udp_start(s.server, &s.source, 0, &udp), 0);
    for (uint8_t id = 0; id <= QUERIES; id++)
        if (id != 2 * SINGLES) /* the first of the queue: an interrupted call makes eight single */
            assert_int_equal(answered(&s), id);
    assert_int_equal(unsent(udp), 1);
    atomic_store(&taken, UINT32_MAX);
    udp_stop(udp);
    tear_down(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(one_answer_is_not_taken),
        CONF_FILE_TEST(a_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
