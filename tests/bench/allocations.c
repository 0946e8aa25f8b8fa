/* SPDX-License-Identifier: ISC */
/*
 * allocations: a library to preload, which counts the allocations and locks of the threads that
 * answer queries: of those that have received one, or accepted a connection. The count is in the
 * file that BENCH_COUNT names, a 64-bit number.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic uint64_t *count;
/* Where it is at once: to make room for it would be an allocation. */
static _Thread_local bool answers __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void open_count(void)
{
    const char *path = getenv("BENCH_COUNT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    if (map != MAP_FAILED)
        count = map;
}

static void note(void)
{
    if (count && answers)
        atomic_fetch_add(count, 1);
}

/* glibc's own names, so that nothing has to be looked up while allocating. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

void *malloc(size_t size)
{
    note();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    note();
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    note();
    return __libc_realloc(old, size);
}

void free(void *old)
{
    note();
    __libc_free(old);
}

/* Calls the function of this name that would have been called without this library. */
#define PASS_ON(name, type, object)                                                                \
    int name(type *object)                                                                         \
    {                                                                                              \
        static int (*_Atomic real)(type *);                                                        \
        int (*call)(type *) = real;                                                                \
                                                                                                   \
        note();                                                                                    \
        if (!call) {                                                                               \
            call = (int (*)(type *))dlsym(RTLD_NEXT, #name);                                       \
            real = call;                                                                           \
        }                                                                                          \
        return call(object);                                                                       \
    }

PASS_ON(pthread_mutex_lock, pthread_mutex_t, mutex)
PASS_ON(pthread_rwlock_rdlock, pthread_rwlock_t, lock)
PASS_ON(pthread_rwlock_wrlock, pthread_rwlock_t, lock)

/* The first count is that of the thread itself: whoever reads it knows that it is counted. */
static void note_answering(void)
{
    if (answers)
        return;
    answers = true;
    note();
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout)
{
    note_answering();
    return (int)syscall(SYS_recvmmsg, fd, messages, n, flags, timeout);
}

int accept4(int fd, struct sockaddr *from, socklen_t *length, int flags)
{
    note_answering();
    return (int)syscall(SYS_accept4, fd, from, length, flags);
}
