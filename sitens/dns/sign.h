/* SPDX-License-Identifier: ISC */
/*
 * sign: signatures and the proof of what is not there, made in memory.
 *
 * Every RRset of the zone gets a signature from each signing key, and every name an NSEC record
 * (RFC 4034 section 4). The apex gets two: the full one always lists A and AAAA, and the
 * exact-bitmap one only what this site answers with. A resolver may use an NSEC it has cached to
 * deny other names and types (RFC 8198); were the exact one to prove that some other name does not
 * exist, a site without IPv6 would deny the AAAA records of all. So it is used for nothing but a
 * family that the answer set lacks.
 *
 * Nothing is changed in place: what is made is the caller's, who puts it into a version.
 */
#ifndef SITENS_DNS_SIGN_H
#define SITENS_DNS_SIGN_H

#include <stdbool.h>
#include <time.h>

#include "version.h"

enum {
    SIGN_INCEPTION_S = 3600,        /* before now: clocks of resolvers may be slow */
    SIGN_EXPIRY_S = 14 * 86400,     /* after now */
    SIGN_MARGIN_S = 3600,           /* signatures are not served in their last hour */
    SIGN_AGAIN_S = 86400,           /* new signatures every day, */
    SIGN_AGAIN_JITTER_S = 2 * 3600, /* not on all sites at once */
    SIGN_RETRY_S = 60,              /* after a failure */
    SIGN_CLOCK_SLACK_S = 60,        /* the key may come from a host whose clock is a little ahead */
};

/* Makes the NSEC records and all signatures of zone, which has keys, but those of the addresses of
 * the apex; valid from now on, and each one verified. Returns 0 and signatures for sign_free(),
 * -EBADMSG when one could not be made or does not verify, or -ENOMEM. */
int sign_zone(const struct zone *zone, time_t now, struct version_signatures **ret);

/* Signs addresses, and makes the exact-bitmap NSEC if they lack a family; valid for as long as
 * signatures are. Returns as sign_zone(); addresses are still to be freed by the caller then. */
int sign_addresses(const struct zone *zone, const struct version_signatures *signatures, time_t now,
                   struct version_addresses *addresses);

/* Frees the signatures of zone. NULL is allowed. */
void sign_free(struct version_signatures *signatures, const struct zone *zone);

/* Whether it is time to sign the zone anew: at the time set by the last signing, or earlier if the
 * clock was set back and the signatures are not valid yet. */
bool sign_is_due(const struct version *version, time_t now);

/* New signatures could not be made or put in place: try again in a minute. */
void sign_put_off(const struct version *version, time_t now);

/* Whether the signatures (if the zone has keys) can be served at now; if not, *ret_why says why. */
bool sign_is_valid(const struct version *version, time_t now, const char **ret_why);

/* When the signatures expire; 0 without keys. */
time_t sign_expiry(const struct version *version);

#endif
