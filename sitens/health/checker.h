/* SPDX-License-Identifier: ISC */
/*
 * checker: sitens-http, the process that makes the requests of all HTTP checks.
 *
 * It runs while there is such a check, and is replaced when it ends, hangs, or has to see other
 * certificates; the first time at once, then with growing pauses. What that costs the requests
 * under way is their result: they could not be made. From the second start in a row that fails
 * they fail, since it will not get better by itself. http/protocol.h says how they speak.
 *
 * Threads: everything here runs on the loop.
 */
#ifndef SITENS_HEALTH_CHECKER_H
#define SITENS_HEALTH_CHECKER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "helper.h"
#include "http/protocol.h"
#include "probe.h"

struct checker;

/* A request. The owner sets the first members; the others are the checker's own. */
struct checker_request {
    const struct conf_check *check;
    /* The end, perhaps from inside checker_ask(); not after checker_cancel(). */
    void (*on_end)(void *userdata, enum probe_result result, const char *reason);
    void *userdata;

    struct checker_request *next;
    uint32_t number;
    bool sent, taken;
    char stage[HTTP_WORD_MAX];
};

/* Returns 0 or -errno. */
int checker_new(uv_loop_t *loop, struct helpers *helpers, struct checker **ret);

/* Nobody may use it any more. */
void checker_free(struct checker *checker);

/* Somebody will ask, with that ca-file, or NULL: starts the process if it does not run. Returns 0
 * or -errno. What has been used is left once. */
int checker_use(struct checker *checker, const char *ca_file);
void checker_leave(struct checker *checker);

/* Begins a request, whose memory stays where it is until its end. */
void checker_ask(struct checker *checker, struct checker_request *request);

/* Gives up a request. Returns what it was waiting for; *ret_unmade says whether it was not even
 * begun. */
const char *checker_cancel(struct checker *checker, struct checker_request *request,
                           bool *ret_unmade);

/* How far the process has given up what it does not need: *ret_landlock is Landlock's version, 0
 * without. Returns false while nothing is known, or there is no process. */
bool checker_confinement(const struct checker *checker, unsigned *ret_landlock, bool *ret_whole);

#endif
