/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *objection(const struct stat *st)
{
    if (S_ISREG(st->st_mode) && st->st_size <= INPUT_MAX)
        return NULL;
    return S_ISDIR(st->st_mode) ? "is a directory, not a file"
                                : "not a regular file of at most 1 MiB";
}

/* Copies the whole file to out. Its size may be other than fstat() said. Returns 0 or -errno. */
static int copy(int fd, FILE *out)
{
    char chunk[16384];
    size_t used = 0;
    ssize_t n;

    do {
        n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0 && (used += (size_t)n) > INPUT_MAX)
            return -EFBIG;
        if (n > 0 && fwrite(chunk, 1, (size_t)n, out) != (size_t)n)
            return -ENOMEM;
    } while (n != 0);
    if (fflush(out) != 0 || fseek(out, 0, SEEK_SET) < 0)
        return -ENOMEM;
    return 0;
}

static FILE *read_whole(int fd, char *why)
{
    FILE *whole = fmemopen(NULL, INPUT_MAX + 1, "w+");
    int r = whole ? copy(fd, whole) : -ENOMEM;

    if (r == 0)
        return whole;
    snprintf(why, INPUT_WHY_MAX, "cannot be read: %s", strerror(-r));
    if (whole)
        fclose(whole);
    errno = -r;
    return NULL;
}

FILE *input_open(const char *path, struct stat *ret_st, char *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *wrong = NULL;
    FILE *whole = NULL;
    struct stat st;
    int error;

    if (fd < 0 || fstat(fd, &st) < 0)
        snprintf(why, INPUT_WHY_MAX, "cannot be opened: %s%s", strerror(errno),
                 errno == EACCES ? " (the user that sitens runs as must be allowed to)" : "");
    else if ((wrong = objection(&st)))
        snprintf(why, INPUT_WHY_MAX, "%s", wrong);
    else
        whole = read_whole(fd, why);
    error = wrong ? EINVAL : errno;
    if (fd >= 0)
        close(fd);
    if (whole && ret_st)
        *ret_st = st;
    errno = error;
    return whole;
}

bool input_is_shortage(int error)
{
    return error == ENOMEM || error == EMFILE || error == ENFILE;
}
