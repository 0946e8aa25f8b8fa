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
#include "conf/answer_set.h"
#include "report.h"
#include "web.h"

/* The states of sitens(8), as far as they can be told from outside, and two more. What a site
 * answers tells them: its own addresses or those of others, marked as not ready (EDE 14) or not. */
enum site_state {
    SITE_UNKNOWN,     /* this host could not ask it */
    SITE_FAILING,     /* silent, or marked: SERVFAIL, or the addresses of others */
    SITE_LAME,        /* answers, but not for the name */
    SITE_LAST_RESORT, /* its own addresses, marked */
    SITE_STANDBY,     /* the addresses of sites of lower preference */
    SITE_SERVING,     /* its own addresses, and maybe others of its preference */
};

enum site_probe { SITE_SOA, SITE_A, SITE_AAAA, SITE_NS, SITE_DNSKEY, SITE_TCP, SITE_PROBES };

enum { SITE_WHERE_MAX = CONF_SITE_ID_MAX + ADDRESS_TEXT_MAX + 8 };

/* One address of a site. */
struct site_place {
    const struct address *address;
    struct ask asks[SITE_PROBES];
    struct web_ask web[WEB_URLS_MAX]; /* in the order of the URLs that were given */
    enum site_state state;
    bool answers;            /* with authority for the name */
    struct answer_set given; /* whose addresses it gives, if it answers */
    uint32_t serial;         /* of its SOA, if it answers */
    bool udp, tcp;           /* whether it answers over them */
    bool serves_keys;        /* all keys of the site file, with good signatures */
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

/* After every site was examined: reports who is not well, and whether anyone answers. */
void site_results_summarize(const struct site_result *results, size_t n, const struct conf *conf,
                            struct report *report);

/* Whether the site answers for the name on any of its addresses. */
bool site_result_answers(const struct site_result *result);

void site_result_done(struct site_result *result);

/* "dc1 at 192.0.2.10": writes SITE_WHERE_MAX octets at most. Returns out. */
char *site_place_where(const struct site_result *result, const struct site_place *place, char *out);

/* "serving", "failing" … */
const char *site_state_name(enum site_state state);

#endif
