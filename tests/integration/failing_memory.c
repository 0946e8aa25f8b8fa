/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into sitens: one allocation finds no memory. The test and this library share the file
 * $FAILING_MEMORY: `from` is written by the test and says from which allocation on, counted from
 * then; the first one fails that is not made inside one of the libraries and functions that
 * $FAILING_MEMORY_SPARED names, separated by spaces. `failed` then tells which it was.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRAMES_MAX = 64, TEXT_MAX = 4000 };

struct shared {
    _Atomic int64_t from; /* 0: none will fail */
    _Atomic int64_t count;
    _Atomic int64_t failed;
    char where[TEXT_MAX]; /* the calls around it: "object name offset", a line */
};

/* glibc's own, which these replace. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

static struct shared *shared;
static __thread bool inside;

__attribute__((constructor)) static void map(void)
{
    const char *path = getenv("FAILING_MEMORY");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *frames[FRAMES_MAX], *at;

    unsetenv("LD_PRELOAD"); /* not for the commands that it runs */
    if (fd < 0)
        return;
    inside = true;
    backtrace(frames, FRAMES_MAX); /* the first time it allocates */
    inside = false;
    at = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED)
        shared = at;
}

static bool is_spared(const char *name)
{
    const char *list = getenv("FAILING_MEMORY_SPARED"), *at = list;
    size_t length = strlen(name);

    while (at && (at = strstr(at, name))) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
        at += length;
    }
    return false;
}

/* Describes the calls; false: one of them is spared. */
static bool describe(void)
{
    void *frames[FRAMES_MAX];
    int n = backtrace(frames, FRAMES_MAX);
    char text[TEXT_MAX];
    size_t used = 0;

    for (int i = 2; i < n && used < sizeof text; i++) {
        Dl_info info = {0};

        dladdr(frames[i], &info);
        if (info.dli_sname && is_spared(info.dli_sname))
            return false;
        if (info.dli_fname && strrchr(info.dli_fname, '/') &&
            is_spared(strrchr(info.dli_fname, '/') + 1))
            return false;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %s %#zx\n",
                                 info.dli_fname ? info.dli_fname : "?",
                                 info.dli_sname ? info.dli_sname : "?",
                                 (size_t)((char *)frames[i] - (char *)info.dli_fbase));
    }
    memcpy(shared->where, text, sizeof text);
    return true;
}

static bool fails(void)
{
    int64_t from = shared ? atomic_load(&shared->from) : 0, number;
    bool now;

    if (from == 0 || inside)
        return false;
    number = atomic_fetch_add(&shared->count, 1) + 1;
    if (number < from)
        return false;
    inside = true;
    now = describe();
    inside = false;
    if (!now || !atomic_compare_exchange_strong(&shared->from, &from, 0))
        return false;
    atomic_store(&shared->failed, number);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}
