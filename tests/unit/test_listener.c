/* SPDX-License-Identifier: ISC */
/* The start of what answers at one address: whichever call fails, the error is told, and nothing is
 * left open. */
#include "dns_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <uv.h>

#include "dns/listener.h"

enum call {
    CALLOC,
    SOCKET,
    SETSOCKOPT,
    BIND,
    GETSOCKNAME,
    MMAP,
    ATTRIBUTES,
    THREAD,
    LOOP_INIT,
    TCP_POLL,
    LISTEN,
    CALLS
};
static enum call failing;
static unsigned after; /* that many calls of it; 0: none will fail any more */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int __real_bind(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length);
int __real_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length);
/* So it is called by all that is built with large files. */
void *__real_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset);
int __real_pthread_attr_init(pthread_attr_t *attributes);
int __wrap_pthread_attr_init(pthread_attr_t *attributes);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
int __real_uv_loop_init(uv_loop_t *loop);
int __wrap_uv_loop_init(uv_loop_t *loop);
int __real_uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);

static bool fails(enum call call, int error)
{
    if (call != failing || after == 0 || --after > 0)
        return false;
    errno = error;
    return true;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(CALLOC, ENOMEM) ? NULL : __real_calloc(n, size);
}

int __wrap_socket(int family, int type, int protocol)
{
    return fails(SOCKET, EMFILE) ? -1 : __real_socket(family, type, protocol);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return fails(SETSOCKOPT, ENOBUFS) ? -1 : __real_setsockopt(fd, level, name, value, length);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    return fails(BIND, EADDRINUSE) ? -1 : __real_bind(fd, address, length);
}

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    return fails(GETSOCKNAME, ENOBUFS) ? -1 : __real_getsockname(fd, address, length);
}

void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    return fails(MMAP, ENOMEM) ? MAP_FAILED
                               : __real_mmap64(at, length, protection, flags, fd, offset);
}

int __wrap_pthread_attr_init(pthread_attr_t *attributes)
{
    return fails(ATTRIBUTES, 0) ? ENOMEM : __real_pthread_attr_init(attributes);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument)
{
    return fails(THREAD, 0) ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

int __wrap_uv_loop_init(uv_loop_t *loop)
{
    return fails(LOOP_INIT, 0) ? UV_EMFILE : __real_uv_loop_init(loop);
}

int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd)
{
    return fails(TCP_POLL, 0) ? UV_EBADF : __real_uv_poll_init(loop, handle, fd);
}

int __wrap_listen(int fd, int backlog)
{
    if (!fails(LISTEN, 0))
        return __real_listen(fd, backlog);
    errno = EADDRINUSE;
    return -1;
}

static unsigned n_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

/* Some options of a socket are only wishes. Returns whether the call was made, and so failed. */
static bool start(const struct endpoint *endpoint, const struct listener_options *options,
                  int expected)
{
    struct listener *listener = NULL;
    unsigned before = n_descriptors();
    int r = listener_start(endpoint, options, &listener);
    bool failed = after == 0;

    after = 0;
    if (r != 0 || (failed && failing != SETSOCKOPT)) {
        assert_int_equal(r, expected);
        assert_null(listener);
    }
    listener_stop(listener);
    assert_int_equal(n_descriptors(), before);
    return failed;
}

static void every_call_fails_in_turn(void **state)
{
    static const int errors[CALLS] = {
        [CALLOC] = -ENOMEM,     [SOCKET] = -EMFILE,       [SETSOCKOPT] = -ENOBUFS,
        [BIND] = -EADDRINUSE,   [GETSOCKNAME] = -ENOBUFS, [MMAP] = -ENOMEM,
        [ATTRIBUTES] = -ENOMEM, [THREAD] = -EAGAIN,       [LOOP_INIT] = -EMFILE,
        [TCP_POLL] = -EBADF,    [LISTEN] = -EADDRINUSE,
    };
    static const char *const addresses[] = {"127.0.0.1", "::1"};
    struct snapshot snapshot = {.table = dns_table(state, ZONE SITE CHECK, NULL)};
    snapshot_source source = &snapshot;
    const struct listener_options options = {
        .source = &source, .workers = 2, .rate = 1000, .tcp_max = 8};

    uv_loop_close(uv_default_loop()); /* libuv opens something for all loops with the first */
    for (size_t i = 0; i < LENGTH(addresses) * CALLS; i++) {
        struct endpoint endpoint = {.port = 0}; /* any */
        unsigned n = 1;

        failing = (enum call)(i % CALLS);
        assert_true(address_parse(addresses[i / CALLS], &endpoint.address));
        for (after = n; start(&endpoint, &options, errors[failing]); after = n)
            n++;
        assert_true(n > 1);
    }
    table_free(snapshot.table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {CONF_FILE_TEST(every_call_fails_in_turn)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
