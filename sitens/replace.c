/* SPDX-License-Identifier: ISC */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t length, const struct replace_options *options)
{
    ssize_t n = write(fd, text, length);

    if (n < 0)
        return -errno;
    if ((size_t)n != length)
        return -ENOSPC;
    if (fchmod(fd, options->mode) < 0)
        return -errno;
    return options->durable && fsync(fd) < 0 ? -errno : 0;
}

static int replace_once(const char *path, const char *text, size_t length,
                        const struct replace_options *options)
{
    char *new_path;
    int fd, r;

    if (asprintf(&new_path, "%s.new", path) < 0)
        return -ENOMEM;
    unlink(new_path); /* left by a crash; O_EXCL then ensures that the file is ours */
    fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    r = fd < 0 ? -errno : write_all(fd, text, length, options);
    if (fd >= 0)
        close(fd);
    if (r == 0 && (options->only_new ? link : rename)(new_path, path) < 0)
        r = -errno;
    if (r < 0 || options->only_new)
        unlink(new_path);
    free(new_path);
    return r;
}

int replace_file(const char *path, const char *text, size_t length,
                 const struct replace_options *options)
{
    int r = replace_once(path, text, length, options);

    if (r == 0 || !options->fresh)
        return r;
    unlink(path); /* which may make the room that was missing */
    return replace_once(path, text, length, options);
}
