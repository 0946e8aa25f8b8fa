/* SPDX-License-Identifier: ISC */
/*
 * secrets: the secrets of cookies, where they are kept, and when they are made anew.
 *
 * They are in $STATE_DIRECTORY/cookie-secrets, so that cookies outlive a restart. Without that file
 * they work as well, until the next start.
 */
#ifndef SITENS_CONTROL_SECRETS_H
#define SITENS_CONTROL_SECRETS_H

#include <limits.h>

#include "dns/cookie_secrets.h"

struct secrets {
    struct cookie_secrets cookie; /* what queries are answered with */
    char path[PATH_MAX];          /* "": they are not kept */
};

/* Reads or makes them; trouble with the file is a warning in the log. */
void secrets_load(struct secrets *ret, time_t now);

/* Makes new ones if it is time. Returns whether it did: then they are to be put in force. */
bool secrets_renew(struct secrets *secrets, time_t now);

#endif
