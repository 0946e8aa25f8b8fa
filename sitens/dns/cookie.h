/* SPDX-License-Identifier: ISC */
/*
 * cookie: DNS server cookies (RFC 7873) in the interoperable form of RFC 9018.
 *
 * A server cookie is 16 octets: version 1, three reserved octets, a timestamp, and SipHash-2-4 over
 * client cookie, version, reserved, timestamp and client address. SipHash comes from OpenSSL.
 *
 * Threads: a struct cookie_secrets is immutable while queries use it; every worker has its own
 * struct cookie_mac, which is not to be shared.
 */
#ifndef SITENS_DNS_COOKIE_H
#define SITENS_DNS_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    COOKIE_CLIENT_LENGTH = 8,
    COOKIE_SERVER_LENGTH = 16, /* RFC 9018 section 4 */
    COOKIE_SECRET_LENGTH = 16,
};

/* The secret in use and the one before it, which stays valid while sites and clients rotate. */
struct cookie_secrets {
    uint8_t current[COOKIE_SECRET_LENGTH];
    uint8_t previous[COOKIE_SECRET_LENGTH];
    bool has_previous;
};

/* A keyed SipHash context of one thread. */
struct cookie_mac;

int cookie_mac_new(struct cookie_mac **ret);
void cookie_mac_free(struct cookie_mac *mac);

enum cookie_verdict {
    COOKIE_CLIENT_ONLY, /* no server cookie: answer normally, with a fresh server cookie */
    COOKIE_VALID,       /* made by us for this client and address, within the time window */
    COOKIE_BAD,         /* a server cookie, but not a valid one */
    COOKIE_MALFORMED,   /* a length other than 8 or 16..40: FORMERR (RFC 7873 section 5.2.2) */
};

/*
 * Judges the COOKIE option of a query. option/length: its value. address: the client's, 4 or 16
 * octets. now: seconds of the wall clock. Accepts timestamps from 1 h ago to 5 min ahead (RFC 9018
 * section 4.3).
 */
enum cookie_verdict cookie_check(struct cookie_mac *mac, const struct cookie_secrets *secrets,
                                 const uint8_t *option, size_t length, const uint8_t *address,
                                 size_t address_length, uint32_t now);

/*
 * Writes the 24 octets of the COOKIE option for the response: the client cookie (the first 8 octets
 * of option) and the server cookie. When option holds a valid cookie younger than 30 min it is
 * returned as it is (RFC 9018 section 4.3).
 */
void cookie_make(struct cookie_mac *mac, const struct cookie_secrets *secrets,
                 const uint8_t *option, enum cookie_verdict verdict, const uint8_t *address,
                 size_t address_length, uint32_t now, uint8_t *out);

/*
 * Reads the secrets from the file path, or makes them (mode 0600) when it does not exist. A file
 * that others may read, or that is damaged, is an error. On any error the secrets are random and
 * the caller goes on with a warning: cookies then last until the next start. Returns 0 or -errno.
 */
int cookie_secrets_load(const char *path, struct cookie_secrets *ret);

/* The successor of secrets: a new random current secret, the old one becomes the previous. Written
 * to path (atomically, 0600) when path is not NULL. Returns 0 or -errno; *ret is valid anyway. */
int cookie_secrets_rotate(const struct cookie_secrets *secrets, const char *path,
                          struct cookie_secrets *ret);

#endif
