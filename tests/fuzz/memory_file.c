/* SPDX-License-Identifier: ISC */
#include "memory_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void memory_file_init(struct memory_file *file)
{
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (file->fd < 0)
        abort();
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

void memory_file_set(const struct memory_file *file, const void *data, size_t size)
{
    if (ftruncate(file->fd, 0) < 0 || pwrite(file->fd, data, size, 0) != (ssize_t)size)
        abort();
}
