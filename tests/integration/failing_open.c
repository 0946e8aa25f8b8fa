/* SPDX-License-Identifier: ISC */
/* Preloaded into sitens: to open a file whose path ends with $FAILING_OPEN the host lacks a
 * descriptor. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fails(const char *path)
{
    const char *wanted = getenv("FAILING_OPEN");
    size_t length = strlen(path), end = wanted ? strlen(wanted) : 0;

    errno = ENFILE;
    return wanted && length >= end && !strcmp(path + length - end, wanted);
}

int open64(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...) =
        (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    va_list arguments;
    unsigned mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return fails(path) ? -1 : next(path, flags, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    FILE *(*next)(const char *, const char *) =
        (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen64");

    return fails(path) ? NULL : next(path, mode);
}
