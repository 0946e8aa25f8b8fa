/* SPDX-License-Identifier: ISC */
/* Preloaded into sitens: the file $FAILING_READ gives its first octets, and then fails as a broken
 * disk or a lost network file system does. The file $LATE_READ is not read before there is another
 * one beside it, whose name ends with ".now". */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GIVEN = 8 };

static int is_file(int fd, const char *variable)
{
    const char *wanted = getenv(variable);
    char link[64], path[4096] = "";

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return wanted && readlink(link, path, sizeof path - 1) > 0 && !strcmp(path, wanted);
}

static void wait_for_go(void)
{
    char path[4096];

    snprintf(path, sizeof path, "%s.now", getenv("LATE_READ"));
    while (access(path, F_OK) < 0)
        usleep(10000);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    static ssize_t (*next)(int, void *, size_t);

    if (!next)
        next = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    if (is_file(fd, "LATE_READ"))
        wait_for_go();
    if (!is_file(fd, "FAILING_READ"))
        return next(fd, buffer, size);
    if (lseek(fd, 0, SEEK_CUR) == 0)
        return next(fd, buffer, size < GIVEN ? size : GIVEN);
    errno = EIO;
    return -1;
}
