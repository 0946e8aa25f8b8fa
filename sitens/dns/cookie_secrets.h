/* SPDX-License-Identifier: ISC */
/*
 * cookie_secrets: the secrets that server cookies are made with, and the file that keeps them from
 * one start to the next, so that a restart does not make every client's cookie a bad one.
 *
 * Threads: a struct cookie_secrets is immutable while queries use it.
 */
#ifndef SITENS_DNS_COOKIE_SECRETS_H
#define SITENS_DNS_COOKIE_SECRETS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    COOKIE_SECRET_LENGTH = 16,
    COOKIE_SECRET_AGE_MAX_S = 86400, /* RFC 7873 section 7.1: not more than 26 hours */
};

/* The secret in use and the one before it, which stays valid while sites and clients rotate. */
struct cookie_secrets {
    uint8_t current[COOKIE_SECRET_LENGTH];
    uint8_t previous[COOKIE_SECRET_LENGTH];
    bool has_previous;
    time_t since; /* when the current one was made, by the wall clock; the file's age tells it */
};

/* Random ones. */
void cookie_secrets_make(time_t now, struct cookie_secrets *ret);

/*
 * Reads the secrets from the file path: in hexadecimal, one a line, the current one first.
 *
 * Returns 0, -ENOENT when there is no such file, -EPERM when others may read or write it, -EBADMSG
 * when its content is no such text, or another -errno. *ret is usable whatever is returned: on an
 * error the secrets are random. cookie_secrets_strerror() words a warning.
 */
int cookie_secrets_load(const char *path, time_t now, struct cookie_secrets *ret);

/* Writes the file, mode 0600: to PATH.new first, which then takes the name, so that the file is
 * whole at any time. Returns 0 or -errno. */
int cookie_secrets_write(const char *path, const struct cookie_secrets *secrets);

/* Whether it is time for new ones: after a day, or when the clock has been set back. */
bool cookie_secrets_are_due(const struct cookie_secrets *secrets, time_t now);

/* The successor of secrets: a new random current secret; the old one becomes the previous. ret may
 * be secrets itself. */
void cookie_secrets_rotate(const struct cookie_secrets *secrets, time_t now,
                           struct cookie_secrets *ret);

/* What is wrong, and what to do about it, for an error of the functions above. */
const char *cookie_secrets_strerror(int error);

#endif
