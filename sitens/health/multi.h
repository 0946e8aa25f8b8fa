/* SPDX-License-Identifier: ISC */
/*
 * multi: libcurl's multi interface on a libuv loop.
 *
 * Threads: everything here runs on the loop.
 */
#ifndef SITENS_HEALTH_MULTI_H
#define SITENS_HEALTH_MULTI_H

#include <curl/curl.h>
#include <uv.h>

struct multi;

/* Called once a transfer has ended and was removed. */
typedef void (*multi_end_fn)(void *userdata, CURLcode result);

struct multi_transfer {
    CURL *easy; /* its CURLOPT_PRIVATE is taken by multi */
    multi_end_fn on_end;
    void *userdata;
};

/* Initialises libcurl too. Returns 0 or -errno. */
int multi_new(uv_loop_t *loop, struct multi **ret);

/* Every transfer must have ended or been removed. */
void multi_free(struct multi *multi);

/* Begins transfer, which must stay where it is until it has ended or was removed. Returns 0 or
 * -errno. on_end is never called from inside it. */
int multi_add(struct multi *multi, struct multi_transfer *transfer);

/* Abandons a transfer. on_end is not called. */
void multi_remove(struct multi *multi, struct multi_transfer *transfer);

#endif
