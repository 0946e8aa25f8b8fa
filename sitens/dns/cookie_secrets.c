/* SPDX-License-Identifier: ISC */
#include "cookie_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"

/* The secrets file: lines of hexadecimal, each with its newline. */
enum { LINE_LENGTH = 2 * COOKIE_SECRET_LENGTH + 1, FILE_LENGTH_MAX = 2 * LINE_LENGTH };

static bool line_to_secret(const char *line, uint8_t *secret)
{
    size_t length;

    if (line[LINE_LENGTH - 1] != '\n')
        return false;
    return sodium_hex2bin(secret, COOKIE_SECRET_LENGTH, line, LINE_LENGTH - 1, NULL, &length,
                          NULL) == 0 &&
           length == COOKIE_SECRET_LENGTH;
}

static int secrets_parse(const char *text, size_t length, struct cookie_secrets *ret)
{
    struct cookie_secrets s = {.has_previous = length == FILE_LENGTH_MAX};

    if ((length != LINE_LENGTH && length != FILE_LENGTH_MAX) || !line_to_secret(text, s.current) ||
        (s.has_previous && !line_to_secret(text + LINE_LENGTH, s.previous)))
        return -EBADMSG;
    *ret = s;
    return 0;
}

static int secrets_read(const char *path, struct cookie_secrets *ret)
{
    char text[FILE_LENGTH_MAX + 1]; /* one more than it may hold, to see that it does not */
    struct stat status;
    ssize_t length;
    int r, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return -errno;
    length = fstat(fd, &status) < 0 ? -1 : read(fd, text, sizeof text);
    r = -errno;
    close(fd);
    if (length < 0)
        return r;
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        r = -EPERM;
    else
        r = secrets_parse(text, (size_t)length, ret);
    if (r == 0)
        ret->since = status.st_mtim.tv_sec;
    sodium_memzero(text, sizeof text);
    return r;
}

int cookie_secrets_write(const char *path, const struct cookie_secrets *secrets)
{
    static const struct replace_options options = {.mode = S_IRUSR | S_IWUSR, .durable = true};
    const uint8_t *secret[] = {secrets->current, secrets->previous};
    char text[FILE_LENGTH_MAX + 1];
    size_t length = 0;
    int r;

    for (int i = 0; i < 1 + secrets->has_previous; i++, length += LINE_LENGTH) {
        sodium_bin2hex(text + length, LINE_LENGTH, secret[i], COOKIE_SECRET_LENGTH);
        text[length + LINE_LENGTH - 1] = '\n';
    }
    r = replace_file(path, text, length, &options);
    sodium_memzero(text, sizeof text);
    return r;
}

void cookie_secrets_make(time_t now, struct cookie_secrets *ret)
{
    ret->has_previous = false;
    ret->since = now;
    randombytes_buf(ret->current, sizeof ret->current);
}

int cookie_secrets_load(const char *path, time_t now, struct cookie_secrets *ret)
{
    int r = secrets_read(path, ret);

    if (r == 0)
        return 0;
    cookie_secrets_make(now, ret);
    return r;
}

bool cookie_secrets_are_due(const struct cookie_secrets *secrets, time_t now)
{
    return now < secrets->since || now - secrets->since >= COOKIE_SECRET_AGE_MAX_S;
}

void cookie_secrets_rotate(const struct cookie_secrets *secrets, time_t now,
                           struct cookie_secrets *ret)
{
    memmove(ret->previous, secrets->current, sizeof ret->previous);
    ret->has_previous = true;
    ret->since = now;
    randombytes_buf(ret->current, sizeof ret->current);
}

const char *cookie_secrets_strerror(int error)
{
    switch (error) {
    case -EPERM:
        return "others may read or write it; chmod 600, or remove it and a new one is made";
    case -EBADMSG:
        return "damaged; remove it and a new one is made";
    default:
        return strerror(-error);
    }
}
