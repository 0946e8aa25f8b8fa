/* SPDX-License-Identifier: ISC */
#include "secrets.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"

static void warn(const struct secrets *secrets, int error)
{
    log_warning("%s: %s", secrets->path, cookie_secrets_strerror(error));
}

void secrets_load(struct secrets *ret, time_t now)
{
    const char *directory = getenv("STATE_DIRECTORY");
    int r;

    snprintf(ret->path, sizeof ret->path, "%s/cookie-secrets",
             directory ? directory : "/var/lib/sitens");
    r = cookie_secrets_load(ret->path, now, &ret->cookie);
    if (r < 0) {
        warn(ret, r);
        ret->path[0] = '\0'; /* what is there is left for a human to look at */
    }
}

bool secrets_renew(struct secrets *secrets, time_t now)
{
    const char *path = secrets->path[0] ? secrets->path : NULL;
    int r;

    if (!cookie_secrets_are_due(&secrets->cookie, now))
        return false;
    r = cookie_secrets_rotate(&secrets->cookie, path, now, &secrets->cookie);
    if (r < 0)
        warn(secrets, r);
    log_debug("new cookie secret");
    return true;
}
