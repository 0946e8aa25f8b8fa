/* SPDX-License-Identifier: ISC */
/*
 * ask: many DNS questions to many servers, all side by side and within one time limit.
 *
 * Every question goes out with EDNS, the DO bit and an empty NSID option. Over UDP it is sent up to
 * three times; a truncated answer is asked for again over TCP by itself.
 */
#ifndef PARENTGEN_CHECK_ASK_H
#define PARENTGEN_CHECK_ASK_H

#include <ldns/ldns.h>
#include <stdbool.h>

#include "conf/conf.h"

enum ask_outcome {
    ASK_PENDING,
    ASK_ANSWERED,  /* reply is set */
    ASK_SILENT,    /* nothing came in time */
    ASK_CLOSED,    /* TCP: the server accepted, and closed without an answer */
    ASK_REFUSED,   /* nobody listens there */
    ASK_NO_ROUTE,  /* this host cannot reach that network at all */
    ASK_GARBAGE,   /* something came that is no answer to the question */
    ASK_OWN_FAULT, /* this host could not send or read: error says why; it tells nothing of the
                      server */
};

struct ask {
    /* Set by the caller. */
    struct endpoint to;
    bool tcp, recursive;
    const char *name; /* host name, no final dot; must outlive the ask */
    ldns_rr_type type;

    /* Set by ask_all(). */
    enum ask_outcome outcome;
    ldns_pkt *reply; /* NULL unless ASK_ANSWERED */
    int error;       /* errno of ASK_OWN_FAULT; ETIME: there was no time left to read what came */
    unsigned took_ms;
    bool truncated; /* the answer over UDP was, and reply came over TCP */

    struct transfer *transfer; /* ask.c's own, NULL before and after */
};

/* Called as answers arrive: done of total questions have an outcome. */
typedef void (*ask_progress_fn)(void *userdata, size_t done, size_t total);

/* Asks all and returns when each has an outcome, at the latest after timeout_ms (for every 500
 * questions), what reading the answers takes included. on_progress may be NULL. */
void ask_all(struct ask *const *asks, size_t n, unsigned timeout_ms, ask_progress_fn on_progress,
             void *userdata);

/* Milliseconds of the clock that time limits are kept by. */
uint64_t ask_clock_ms(void);

/* Whether the outcome tells anything of the server: false where this host has not sent the
 * question, or not read what came. */
bool ask_was_sent(const struct ask *ask);

/* Frees the reply. */
void ask_done(struct ask *ask);

#endif
