/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *objection(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= INPUT_MAX)
        return NULL;
    return S_ISDIR(st.st_mode) ? "is a directory, not a file"
                               : "not a regular file of at most 1 MiB";
}

FILE *input_open(const char *path, char *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *wrong = fd < 0 ? NULL : objection(fd);
    FILE *in = fd < 0 || wrong ? NULL : fdopen(fd, "r");

    if (in)
        return in;
    if (wrong)
        snprintf(why, INPUT_WHY_MAX, "%s", wrong);
    else
        snprintf(why, INPUT_WHY_MAX, "cannot be opened: %s%s", strerror(errno),
                 errno == EACCES ? " (the user that sitens runs as must be allowed to)" : "");
    if (fd >= 0)
        close(fd);
    return NULL;
}
