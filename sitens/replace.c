/* SPDX-License-Identifier: ISC */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t length, mode_t mode, bool durable)
{
    ssize_t n = write(fd, text, length);

    if (n < 0)
        return -errno;
    if ((size_t)n != length)
        return -ENOSPC;
    if (fchmod(fd, mode) < 0) /* whatever the umask is */
        return -errno;
    return durable && fsync(fd) < 0 ? -errno : 0;
}

int replace_file(const char *path, const char *text, size_t length, mode_t mode, bool durable)
{
    char *new_path;
    int fd, r;

    if (asprintf(&new_path, "%s.new", path) < 0)
        return -ENOMEM;
    unlink(new_path); /* left by a crash; O_EXCL then ensures that the file is ours */
    fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    r = fd < 0 ? -errno : write_all(fd, text, length, mode, durable);
    if (fd >= 0)
        close(fd);
    if (r == 0 && rename(new_path, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(new_path);
    free(new_path);
    return r;
}
