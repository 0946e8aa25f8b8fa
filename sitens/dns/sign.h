/* SPDX-License-Identifier: ISC */
/*
 * sign: signatures and the proof of what is not there, made in memory.
 *
 * Every set of the zone gets a signature from each signing key, and every name an NSEC record (RFC
 * 4034 section 4). The apex gets two: the full one always lists A and AAAA, and the exact one only
 * what this site has. A resolver may use an NSEC it has cached to deny other names and types (RFC
 * 8198); were the exact one to prove that some other name does not exist, a site without IPv6
 * would deny the AAAA records of all. So it is used for nothing but this site's own missing A or
 * AAAA.
 */
#ifndef SITENS_DNS_SIGN_H
#define SITENS_DNS_SIGN_H

#include <stdbool.h>
#include <time.h>

#include "zone.h"

enum {
    SIGN_INCEPTION_S = 3600,        /* before now: clocks of resolvers may be slow */
    SIGN_EXPIRY_S = 14 * 86400,     /* after now */
    SIGN_MARGIN_S = 3600,           /* signatures are not served in their last hour */
    SIGN_AGAIN_S = 86400,           /* new signatures every day, */
    SIGN_AGAIN_JITTER_S = 2 * 3600, /* not on all sites at once */
    SIGN_RETRY_S = 60,              /* after a failure */
    SIGN_CLOCK_SLACK_S = 60,        /* the key may come from a host whose clock is a little ahead */
};

/* Makes the NSEC records and the signatures of zone anew, valid from now on, and verifies each one.
 * A zone without keys is left as it is. Returns 0, or -EBADMSG when that fails: the signatures
 * before are still there. */
int sign_zone(struct zone *zone, time_t now);

/* Gives up the signatures of zone if they were made at now, because they did not get into its
 * answers: those hold older ones, which cannot be judged any more. None can be served then until
 * the next sign_zone(), which is due a minute later. */
void sign_discard(struct zone *zone, time_t now);

/* Whether it is time to sign zone (anew): at the time set by the last signing, or earlier if the
 * clock was set back and the signatures are not valid yet. */
bool sign_is_due(const struct zone *zone, time_t now);

/* Whether the signatures (if the zone has keys) can be served at now; if not, *ret_why says why. */
bool sign_is_valid(const struct zone *zone, time_t now, const char **ret_why);

/* When the signatures expire; 0 without keys. */
time_t sign_expiry(const struct zone *zone);

#endif
