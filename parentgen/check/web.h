/* SPDX-License-Identifier: ISC */
/*
 * web: one URL at many addresses, all side by side and within one time limit.
 *
 * Each is asked as a client would that was sent to that address: the name of the URL is in the Host
 * header and in SNI, the certificate is verified with those that this host trusts, and no proxy is
 * used. Redirects are not followed.
 */
#ifndef PARENTGEN_CHECK_WEB_H
#define PARENTGEN_CHECK_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/address.h"

enum {
    WEB_URLS_MAX = 4,  /* of one check */
    WEB_TEXT_MAX = 256 /* octets of what is told of an answer */
};

/* What is asked at each address. */
struct web_urls {
    size_t n;
    const char *at[WEB_URLS_MAX];
};

/* In the order of how bad they are. */
enum web_outcome {
    WEB_NOT_ASKED,   /* this host failed to ask, which tells nothing of the server */
    WEB_NO_ROUTE,    /* this host cannot reach that network at all */
    WEB_ANSWERED,    /* by HTTP, with a status */
    WEB_NO_ANSWER,   /* there is a connection, and no whole HTTP response */
    WEB_TLS,         /* the certificate is not accepted, or there is no TLS */
    WEB_UNREACHABLE, /* no connection */
};

struct web_ask {
    /* Set by the caller. */
    const char *url; /* one that web_url_is_good(); must outlive the ask */
    struct address to;

    /* Set by web_ask_all(). */
    enum web_outcome outcome;
    long status;             /* of WEB_ANSWERED, else 0 */
    char text[WEB_TEXT_MAX]; /* where a redirect leads, or what went wrong; printable ASCII */
    unsigned took_ms;

    struct web_request *request; /* web.c's own, NULL before and after */
};

/* Whether it is http://HOST… or https://HOST…, of printable ASCII and without a user or password.
 */
bool web_url_is_good(const char *url);

/* Asks all and returns when each has an outcome, at the latest after timeout_ms (for every 100 of
 * them). */
void web_ask_all(struct web_ask *const *asks, size_t n, unsigned timeout_ms);

#endif
