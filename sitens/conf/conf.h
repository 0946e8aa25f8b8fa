/* SPDX-License-Identifier: ISC */
/*
 * conf: the site file, read once into a struct that nobody changes afterwards.
 *
 * One file describes one delegated name and is byte-identical on every site and on the
 * workstation that runs parentgen; nothing host-specific is in it. conf_load() reports every
 * fault it finds, not only the first. The syntax is documented in sitens.conf(5).
 *
 * Threads: a loaded struct conf is immutable, but for the number of references to it, and may be
 * read from any thread.
 */
#ifndef SITENS_CONF_CONF_H
#define SITENS_CONF_CONF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "address.h"
#include "fault.h"

enum {
    CONF_SITES_MAX = 64,         /* far beyond what one referral can carry (26 at best) */
    CONF_CHECKS_MAX = 16,        /* [check NAME] sections of one file */
    CONF_SITE_ADDRESSES_MAX = 8, /* addresses of one site */
    CONF_STATUS_RANGES_MAX = 8,  /* ranges in expect-status */
    CONF_LIST_MAX = 16,          /* values of one repeatable key */
    CONF_SITE_ID_MAX = 32,       /* octets; it is also the NSID and a metric label */
    CONF_WORKERS_MAX = 64,       /* --workers: threads that answer on one address */
};

/* Addresses in the order of the file. */
struct conf_addresses {
    size_t n;
    struct address at[CONF_SITE_ADDRESSES_MAX];
};

/* The values of a repeatable key, in the order of the file. */
struct conf_list {
    size_t n;
    char *at[CONF_LIST_MAX];
    unsigned line[CONF_LIST_MAX]; /* where each stands */
};

/* The HTTP status codes that count as a pass, both ends included. */
struct conf_status {
    size_t n;
    struct {
        uint16_t low, high; /* 100..599 */
    } at[CONF_STATUS_RANGES_MAX];
};

/* Where a check connects to: an address and port, or the path of a unix socket. */
struct conf_url {
    bool tls;
    bool localhost;  /* `::1` as well as address, which is 127.0.0.1 */
    char *unix_path; /* NULL, or the socket; then address and port are unset */
    struct address address;
    uint16_t port;
    char *path; /* path and query, begins with '/' */
};

struct conf_site {
    char *id;         /* letters, digits, '-', '_', '.'; at most CONF_SITE_ID_MAX octets */
    char *nameserver; /* host name, lower case, no final dot */
    struct conf_addresses address;
    uint32_t preference; /* as in MX: the lowest serves first */
    unsigned line;       /* where its section begins */
};

struct conf_check {
    char *name;          /* "" for [check], else NAME of [check NAME] */
    struct conf_url url; /* url.path NULL: no HTTP probe */
    char *host;          /* Host header and SNI; never NULL: default is the zone's name */
    struct conf_status expect_status;
    char *expect_body; /* NULL: any body */
    char *ca_file;     /* NULL: the system's certificates */
    bool insecure;     /* certificates are not verified */
    struct endpoint tcp;
    char *exec;          /* NULL, or a command line split at white space, no shell */
    char *file;          /* NULL, or the path of a sentinel file */
    uint32_t max_age_ms; /* 0: the sentinel may be of any age */
    char *unit;          /* NULL, or a systemd unit that must stay active */
    uint32_t interval_ms, fast_interval_ms, timeout_ms;
    uint32_t fall, rise;
    unsigned line; /* where its section begins */
};

/* Whose addresses a serving site answers with: its own, or also those of the other sites of its
 * preference that are well. */
enum conf_answer { CONF_ANSWER_OWN, CONF_ANSWER_SERVING };

/* How a failing site withdraws. Hand over: it answers with the addresses of the sites that are
 * well. */
enum conf_withdraw { CONF_WITHDRAW_SILENT, CONF_WITHDRAW_SERVFAIL, CONF_WITHDRAW_HAND_OVER };

/* Whether a site that has failed comes back by itself, or only when the operator says so. */
enum conf_return { CONF_RETURN_AUTOMATIC, CONF_RETURN_MANUAL };

struct conf_policy {
    enum conf_answer answer;
    enum conf_withdraw withdraw;
    enum conf_return comeback; /* `return` is a word of C */
    bool last_resort;
    uint32_t hold_down_ms, hold_down_max_ms;
};

struct conf {
    char *path;                                 /* as given to conf_load(), for messages */
    char *name;                                 /* the delegated name: lower case, no final dot */
    char *parent;                               /* the parent zone's name */
    char *hostmaster;                           /* the SOA's RNAME, as a domain name */
    uint32_t ttl, negative_ttl, delegation_ttl; /* seconds */
    char *records; /* NULL, or the path of the extra records, resolved against the file */
    struct conf_list dnssec_key;     /* paths of private keys, resolved against the file */
    struct conf_list dnssec_publish; /* DNSKEY RDATA in presentation format */
    size_t n_sites;
    struct conf_site *sites; /* at least one, in the order of the file */
    size_t n_checks;
    struct conf_check *checks; /* at least one */
    struct conf_policy policy;
    uint32_t serial;        /* SOA serial: equal serials mean equal configuration; never 0 */
    atomic_uint references; /* besides the first; see conf_ref() */
};

/*
 * Reads the site file at path. Returns 0 and a struct the caller frees with conf_free();
 * FAULTS_REPORTED when there was at least one fault; or -ENOMEM.
 */
int conf_load(const char *path, struct faults *faults, struct conf **ret);

/* The same of what in has; path is what messages call it, and where relative paths in it begin. */
int conf_read(FILE *in, const char *path, struct faults *faults, struct conf **ret);

/* Frees conf, unless there are references to it: then the last of them does. NULL is allowed. */
void conf_free(struct conf *conf);

/* Another reference to conf, to be given back by conf_free(): a check that a reload did not change
 * goes on with the conf it was made from. Returns conf. */
struct conf *conf_ref(const struct conf *conf);

/* The site whose id is id, or NULL. */
const struct conf_site *conf_find_site(const struct conf *conf, const char *id);

#endif
