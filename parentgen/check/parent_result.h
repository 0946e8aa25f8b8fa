/* SPDX-License-Identifier: ISC */
/*
 * parent_result: what the parent zone's name servers say about the delegation, and what of it is
 * not what the site file asks for.
 */
#ifndef PARENTGEN_CHECK_PARENT_RESULT_H
#define PARENTGEN_CHECK_PARENT_RESULT_H

#include "delegation.h"
#include "lookup.h"
#include "site_result.h"

enum { PARENT_SERVERS_MAX = 32 }; /* addresses asked; 13 name servers of two families and some */

enum parent_probe {
    PARENT_SOA,
    PARENT_TCP, /* SOA over TCP */
    PARENT_NS,
    PARENT_NS_TCP, /* the referral as a whole: some servers drop glue over UDP without saying so */
    PARENT_A,
    PARENT_AAAA,
    PARENT_DNAME,
    PARENT_SIBLING_A, /* of a name that is not there: only a wildcard answers */
    PARENT_SIBLING_AAAA,
    PARENT_DS,
    PARENT_DNSKEY,
    PARENT_PROBES
};

/* One address of one of the parent's name servers. */
struct parent_result {
    struct endpoint at;
    char where[NAME_TEXT_MAX + 64]; /* for messages: name and address */
    char sibling[NAME_TEXT_MAX];    /* the name that is not there */
    struct ask asks[PARENT_PROBES];
    struct ask *hosts; /* A and AAAA of each site's name server, if it is to lie in this zone */
    bool was_asked;    /* this host has a route to it, and could send */
    bool delegates;    /* gives a referral for the name */
};

/* The most that one result adds to asks. */
#define PARENT_RESULT_ASKS(conf) (PARENT_PROBES + 2 * (conf)->n_sites)

/* Appends to asks, at *n, what to ask. result->at and result->where are set. Returns 0 or -ENOMEM.
 */
int parent_result_prepare(struct parent_result *result, const struct conf *conf, struct ask **asks,
                          size_t *n);

/* Reports what is wrong, once all is answered. */
void parent_result_examine(struct parent_result *result, const struct expectation *expected,
                           struct report *report);

/* Whether this server could tell the address of that site's name server, or whether it must be
 * looked up, since its name lies in another zone. */
bool parent_result_knows_host(const struct parent_result *result, size_t site);

/* If the parent zone cannot hold the address of that site's name server although its name lies
 * below the zone's: what takes the name out of it, such as "it lies in the zone dc2.example.org";
 * NULL if nothing does. The caller frees it. */
char *parent_result_hides_host(const struct parent_result *result, const struct conf *conf,
                               size_t site);

/* Reports what is wrong with the address of a site's name server, as the answers a and aaaa tell
 * it. hidden is NULL, or what parent_result_hides_host() says. */
void parent_result_examine_host(const struct conf_site *site, const struct ask *a,
                                const struct ask *aaaa, const char *hidden, const char *where,
                                struct report *report);

void parent_result_done(struct parent_result *result, const struct conf *conf);

#endif
