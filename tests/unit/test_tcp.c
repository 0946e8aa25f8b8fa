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
#include "tcp_client.h"

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

/* The call that fails, and how often it still does. */
enum call {
    CONNECTION, /* memory for one; nothing else of that size is asked for */
    REST,       /* memory for what is not written yet; nothing else that large is asked for */
    ACCEPT,     /* who comes is gone before */
    LACK,       /* who comes has to wait, for errno is lacking */
    OPEN,
    WRITE,
    WRITE_NOW,
    CALLS
};
static _Atomic int failures[CALLS];
static _Atomic int lacking; /* an errno */
/* Called once, by the thread, as it writes answers. */
static _Atomic(struct tcp *) to_be_finished;
/* What comes in before the thread begins. */
static void (*before_the_thread)(int listener);

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __real_uv_tcp_open(uv_tcp_t *handle, uv_os_sock_t fd);
int __wrap_uv_tcp_open(uv_tcp_t *handle, uv_os_sock_t fd);
int __real_uv_read_start(uv_stream_t *stream, uv_alloc_cb on_allocate, uv_read_cb on_read);
int __wrap_uv_read_start(uv_stream_t *stream, uv_alloc_cb on_allocate, uv_read_cb on_read);
int __real_uv_try_write(uv_stream_t *stream, const uv_buf_t *buffers, unsigned n);
int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t *buffers, unsigned n);

static bool fails(enum call call)
{
    if (atomic_load(&failures[call]) == 0)
        return false;
    atomic_fetch_sub(&failures[call], 1);
    return true;
}

void *__wrap_malloc(size_t size)
{
    if (size >= CONNECTION_QUERY_MAX && size < (size_t)2 * CONNECTION_QUERY_MAX &&
        fails(CONNECTION))
        return NULL;
    if (size >= (size_t)2 * CONNECTION_QUERY_MAX && fails(REST))
        return NULL;
    return __real_malloc(size);
}

int __wrap_listen(int fd, int backlog)
{
    int r = __real_listen(fd, backlog);

    if (r == 0 && before_the_thread)
        before_the_thread(fd);
    return r;
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    int client;

    if (fails(LACK)) {
        errno = atomic_load(&lacking);
        return -1;
    }
    client = __real_accept4(fd, address, length, flags);
    if (client < 0 || !fails(ACCEPT))
        return client;
    close(client);
    errno = ECONNABORTED;
    return -1;
}

int __wrap_uv_tcp_open(uv_tcp_t *handle, uv_os_sock_t fd)
{
    return fails(OPEN) ? UV_EEXIST : __real_uv_tcp_open(handle, fd);
}

int __wrap_uv_try_write(uv_stream_t *stream, const uv_buf_t *buffers, unsigned n)
{
    struct tcp *tcp = atomic_exchange(&to_be_finished, NULL);

    if (tcp)
        tcp_finish(tcp);
    return fails(WRITE)       ? UV_EPIPE
           : fails(WRITE_NOW) ? UV_EAGAIN
                              : __real_uv_try_write(stream, buffers, n);
}

/* libuv may also say that nothing came. */
int __wrap_uv_read_start(uv_stream_t *stream, uv_alloc_cb on_allocate, uv_read_cb on_read)
{
    on_read(stream, 0, NULL);
    return __real_uv_read_start(stream, on_allocate, on_read);
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
    atomic_store(&failures[CONNECTION], 2);
    assert_true(is_answered(&address));
    assert_int_equal(atomic_load(&failures[CONNECTION]), 0);
    assert_true(is_answered(&address));
    tcp_stop(tcp);
    table_free(snapshot.table);
}

/* Nor is one lost when something else is lacking. The kernel keeps it, and is not asked for it in
 * each turn, which would be all that the thread did. */
static void what_else_a_connection_needs(void **state)
{
    static const int errors[] = {ENOMEM, ENOBUFS, EMFILE, ENFILE};
    enum { LACKS = 10000, TURNS = 200 };
    struct snapshot snapshot = {.table = dns_table(state, ZONE SITE CHECK, NULL)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    struct tcp *tcp;

    assert_int_equal(tcp_start(bound_socket(&address), &source, 8, &tcp), 0);
    for (unsigned i = 0; i < LENGTH(errors); i++) {
        int open = connected(&address), waits;

        send_question(open);
        assert_true(gets_answer(open));
        atomic_store(&lacking, errors[i]);
        atomic_store(&failures[LACK], LACKS);
        waits = connected(&address);
        send_question(waits);
        for (unsigned turn = 0; turn < TURNS; turn++) {
            send_question(open);
            assert_true(gets_answer(open));
        }
        assert_in_range(atomic_exchange(&failures[LACK], 0), LACKS - TURNS / 2, LACKS);
        assert_true(gets_answer(waits));
        close(open);
        close(waits);
    }
    tcp_stop(tcp);
    table_free(snapshot.table);
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

/* A connection that is lost as it comes, or as it is written to, harms no other. */
static void a_connection_that_fails(void **state)
{
    static const enum call calls[] = {ACCEPT, OPEN, WRITE};
    struct snapshot snapshot = {.table = dns_table(state, ZONE SITE CHECK, NULL)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    struct tcp *tcp;

    assert_int_equal(tcp_start(bound_socket(&address), &source, 8, &tcp), 0);
    for (unsigned i = 0; i < LENGTH(calls); i++) {
        atomic_store(&failures[calls[i]], 1);
        assert_false(is_answered(&address));
        assert_int_equal(atomic_load(&failures[calls[i]]), 0);
        assert_true(is_answered(&address));
    }
    atomic_store(&failures[WRITE_NOW], 1); /* the kernel takes nothing now, but later */
    assert_true(is_answered(&address));
    assert_int_equal(atomic_load(&failures[WRITE_NOW]), 0);
    tcp_stop(tcp);
    table_free(snapshot.table);
}

static int crowd[CONNECTIONS_ACCEPT_MAX + 40];

static void bring_a_crowd(int listener)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    for (unsigned i = 0; i < LENGTH(crowd); i++) {
        crowd[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(crowd[i], (struct sockaddr *)&address, sizeof address), 0);
    }
}

/* More than are accepted in one turn: the others in the next. */
static void a_crowd_at_once(void **state)
{
    struct snapshot snapshot = {.table = dns_table(state, ZONE SITE CHECK, NULL)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    struct tcp *tcp;

    before_the_thread = bring_a_crowd;
    assert_int_equal(tcp_start(bound_socket(&address), &source, 8, &tcp), 0);
    before_the_thread = NULL;
    assert_true(is_answered(&address));
    for (unsigned i = 0; i < LENGTH(crowd); i++)
        close(crowd[i]);
    tcp_stop(tcp);
    table_free(snapshot.table);
}

static struct tcp *start_with_small_buffers(snapshot_source *source, struct sockaddr_in *ret)
{
    int small = 1, fd = bound_socket(ret);
    struct tcp *tcp;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    assert_int_equal(tcp_start(fd, source, 8, &tcp), 0);
    return tcp;
}

/* What the kernel does not take, and there is no memory to keep: the connection ends. */
static void no_memory_for_the_rest(void **state)
{
    struct snapshot snapshot = {.table = big_table(state)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    struct tcp *tcp = start_with_small_buffers(&source, &address);
    static uint8_t octets[12 * RESPOND_TCP_BUFFER];
    size_t length;
    int fd;

    atomic_store(&failures[REST], 1);
    fd = ask_often(&address, "big.get.example.org", 12);
    length = receive(fd, octets, sizeof octets);
    close(fd);
    assert_int_equal(atomic_load(&failures[REST]), 0);
    assert_in_range(length, 1, 12 * 30000);
    assert_true(is_answered(&address));
    tcp_stop(tcp);
    table_free(snapshot.table);
}

/* Whoever does not read his answers holds up neither the end of the server nor, when he goes away,
 * anything else. */
static void answers_that_nobody_reads(void **state)
{
    const struct linger reset = {.l_onoff = 1};
    struct snapshot snapshot = {.table = big_table(state)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    struct tcp *tcp = start_with_small_buffers(&source, &address);
    int gone = ask_often(&address, "big.get.example.org", 12),
        slow = ask_often(&address, "big.get.example.org", 12);
    uint8_t octet;

    assert_int_equal(receive(gone, &octet, 1), 1); /* it is being answered */
    assert_int_equal(receive(slow, &octet, 1), 1);
    setsockopt(gone, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(gone);
    assert_true(is_answered(&address));
    tcp_stop(tcp);
    close(slow);
    table_free(snapshot.table);
}

/* The end of the server comes while one client has answers that he does not take, one asks nothing,
 * and one is owed more than fits a turn: he gets more than the two turns until the end is heard of.
 */
static void the_end_between_answers(void **state)
{
    enum { ASKED = 12, OF_A_TURN = 3 };
    struct snapshot snapshot = {.table = big_table(state)};
    snapshot_source source = &snapshot;
    struct sockaddr_in address;
    int room = 1 << 20, fd = bound_socket(&address), slow, quiet, quick;
    struct tcp *tcp;
    uint8_t octet;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    assert_int_equal(tcp_start(fd, &source, 8, &tcp), 0);
    slow = ask_often(&address, "big.get.example.org", 100);
    assert_int_equal(receive(slow, &octet, 1), 1);
    for (unsigned turns = 0; turns < 20; turns++) /* until the kernel takes no more for it */
        assert_true(is_answered(&address));
    quiet = connected(&address);
    send_question(quiet);
    assert_true(gets_answer(quiet));
    atomic_store(&to_be_finished, tcp);
    quick = ask_often(&address, "big.get.example.org", ASKED);
    assert_in_range(count_answers(quick), 2 * OF_A_TURN + 1, ASKED);
    tcp_stop(tcp);
    close(slow);
    close(quiet);
    table_free(snapshot.table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(no_memory_for_a_connection),
        CONF_FILE_TEST(what_else_a_connection_needs),
        CONF_FILE_TEST(what_is_asked_before_a_faulty_frame_is_answered),
        CONF_FILE_TEST(a_connection_that_fails),
        CONF_FILE_TEST(a_crowd_at_once),
        CONF_FILE_TEST(no_memory_for_the_rest),
        CONF_FILE_TEST(answers_that_nobody_reads),
        CONF_FILE_TEST(the_end_between_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
