/* SPDX-License-Identifier: ISC */
/*
 * public_keys: the DNSKEY records that the site file names, for sitens and parentgen alike.
 *
 * What one of them takes the other takes too: a DS record for a key that sitens refuses would break
 * the name. They differ in where the public half of a `dnssec-key` comes from: sitens has the
 * private key, parentgen runs where only the `.key` file beside it need be.
 */
#ifndef SITENS_DNS_PUBLIC_KEYS_H
#define SITENS_DNS_PUBLIC_KEYS_H

#include <ldns/ldns.h>

#include "conf/conf.h"

/* RFC 4034 sections 2.1.1 and 2.1.2: every key is a combined signing key. */
enum { PUBLIC_KEYS_FLAGS = 257, PUBLIC_KEYS_PROTOCOL = 3 };

/* The options while they are read, and the value that is being read. */
struct public_keys_reader {
    const struct conf *conf;
    struct faults *faults;
    size_t faults_before;
    ldns_rdf *owner;       /* the zone's name */
    ldns_rr_list *records; /* read so far: those that sign, then the others */
    size_t n_signing;
    const char *option, *value;
    unsigned line;
};

/* Makes the record of the dnssec-key reader->value. Returns 0 and a record that the caller owns;
 * FAULTS_REPORTED; or -ENOMEM. */
typedef int (*public_keys_fn)(struct public_keys_reader *reader, void *userdata, ldns_rr **ret);

/*
 * Reads the keys of conf, each dnssec-key by read_signing. Returns 0 and a list for
 * ldns_rr_list_deep_free(), empty if the site file has no keys; FAULTS_REPORTED; or -ENOMEM.
 */
int public_keys_read(const struct conf *conf, struct faults *faults, public_keys_fn read_signing,
                     void *userdata, ldns_rr_list **ret);

/* Reports a fault of the value that is being read. */
void public_keys_fault(struct public_keys_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads the `.key` file beside the private key reader->value, which must hold a key of this zone
 * that can be used. As public_keys_fn; or -ENOENT: there is no such file. */
int public_keys_beside(struct public_keys_reader *reader, ldns_rr **ret);

/* Whether keys of that algorithm are of use. */
bool public_keys_supports(int algorithm);

/* Whether two DNSKEY records hold one key. */
bool public_keys_is_same(const ldns_rr *a, const ldns_rr *b);

#endif
