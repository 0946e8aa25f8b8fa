/* SPDX-License-Identifier: ISC */
/*
 * site_result: what one site shows to those who ask it, address by address, and what is wrong
 * there.
 *
 * A silent site is not at fault: silence is how a site withdraws. What it answers, though, must be
 * what the site file says.
 */
#ifndef PARENTGEN_CHECK_SITE_RESULT_H
#define PARENTGEN_CHECK_SITE_RESULT_H

#include <time.h>

#include "ask.h"
#include "report.h"

enum site_state {
    SITE_UNKNOWN,     /* this host has no route to it */
    SITE_WITHDRAWN,   /* silent, or SERVFAIL marked as not ready */
    SITE_LAME,        /* answers, but not for the name */
    SITE_STANDBY,     /* not needed: a site of lower preference serves */
    SITE_LAST_RESORT, /* answers although it is not healthy */
    SITE_SERVING,
};

enum site_probe { SITE_SOA, SITE_A, SITE_AAAA, SITE_NS, SITE_DNSKEY, SITE_TCP, SITE_PROBES };

/* One address of a site. */
struct site_place {
    const struct address *address;
    struct ask asks[SITE_PROBES];
    enum site_state state;
    uint32_t serial;  /* of its SOA, if it serves */
    bool udp, tcp;    /* whether it answers over them */
    bool serves_keys; /* all keys of the site file, with good signatures */
};

struct site_result {
    const struct conf_site *site;
    enum site_state state; /* the best of its places' */
    size_t n;
    struct site_place places[CONF_SITE_ADDRESSES_MAX];
};

/* What the site file makes one expect. */
struct expectation {
    const struct conf *conf;
    const ldns_rr_list *keys; /* DNSKEY records, empty if the name is not signed */
    uint32_t serial;          /* of the SOA */
    time_t now;
    uint64_t until_ms; /* when to stop verifying signatures, by ask_clock_ms() */
};

/* Appends to asks, at *n, what to ask the site on its addresses and port. The result must stay
 * where it is until they are answered. At most CONF_SITE_ADDRESSES_MAX * SITE_PROBES are added. */
void site_result_prepare(struct site_result *result, const struct conf_site *site, const char *name,
                         uint16_t port, struct ask **asks, size_t *n);

/* Sets the states, and reports what is wrong, once all is answered. */
void site_result_examine(struct site_result *result, const struct expectation *expected,
                         struct report *report);

/* After every site was judged: tells standby from withdrawn, and reports who is withdrawn and
 * whether anyone serves. */
void site_results_compare(struct site_result *results, size_t n, const struct conf *conf,
                          struct report *report);

void site_result_done(struct site_result *result);

/* "serving", "withdrawn" … */
const char *site_state_name(enum site_state state);

#endif
