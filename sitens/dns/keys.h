/* SPDX-License-Identifier: ISC */
/*
 * keys: the DNSSEC keys of a zone: those it signs with, and all that it publishes.
 *
 * Every key is a combined signing key: published with flags 257 (RFC 4034 section 2.1.1), signing
 * every set. Private keys are files in the format of BIND and ldns, which nobody but their owner
 * may read.
 */
#ifndef SITENS_DNS_KEYS_H
#define SITENS_DNS_KEYS_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "conf/conf.h"

struct keys {
    ldns_key_list *signing;  /* at least one */
    ldns_rr_list *published; /* the DNSKEY set: the signing keys, then the others */
    time_t newest;           /* when the newest key file was written: a clock before it is wrong */
};

/*
 * Reads the keys of conf. Returns 0 with *ret NULL when conf has no dnssec-key; 0 and the keys, for
 * keys_free(); FAULTS_REPORTED; or -ENOMEM.
 */
int keys_load(const struct conf *conf, struct faults *faults, struct keys **ret);

/* Writes the tags of the keys, such as "12345 (signs), 23456", to text. Returns text. */
const char *keys_describe(const struct keys *keys, char *text, size_t size);

/* NULL is allowed. */
void keys_free(struct keys *keys);

/* Whether a file has the form of a private key, of BIND or PEM, in whole or in part: nothing of it
 * may be shown. in: at its beginning, where it is again afterwards. */
bool keys_is_private(FILE *in);

#endif
