/* SPDX-License-Identifier: ISC */
/*
 * secrets: the secrets of cookies, where they are kept, and when they are made anew.
 *
 * They are in $STATE_DIRECTORY/cookie-secrets, so that cookies outlive a restart. Without that file
 * they work as well, until the next start. A thread of its own reads and writes it, for its file
 * system may hang; a file that cannot be written is tried again.
 */
#ifndef SITENS_CONTROL_SECRETS_H
#define SITENS_CONTROL_SECRETS_H

#include "dns/cookie_secrets.h"

struct secrets {
    struct cookie_secrets cookie; /* what queries are answered with */
    bool kept;                    /* in the file */
    struct secrets_file *file;
};

/* Reads or makes them; trouble with the file is a warning in the log. Waits a second at most.
 * Returns 0 or -ENOMEM. */
int secrets_load(struct secrets *secrets, time_t now);

/* Makes new ones if it is time. Returns whether it did: then they are to be served. */
bool secrets_renew(struct secrets *secrets, time_t now);

/* Waits half a second at most until the file is written. */
void secrets_done(struct secrets *secrets);

#endif
