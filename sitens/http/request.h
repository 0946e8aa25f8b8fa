/* SPDX-License-Identifier: ISC */
/*
 * request: one GET request on a new connection, and what to think of its response.
 */
#ifndef SITENS_HTTP_REQUEST_H
#define SITENS_HTTP_REQUEST_H

#include <curl/curl.h>

#include "easy.h"
#include "protocol.h"
#include "trust.h"

enum {
    BODY_MAX = 64 * 1024,    /* octets of the body that are looked at */
    HEADERS_MAX = 64 * 1024, /* octets of headers; web servers stop at 8 to 32 KiB */
};

/* Whom to trust: the directory is cheaper, since only what is needed is read of it, and the bundle,
 * which takes 20 ms to read, is kept. But a certificate may be in only one of them. */
enum source { SOURCE_DIRECTORY, SOURCE_BUNDLE };

/* A member of the list of requests. */
struct request {
    struct request *next; /* of who made it */
    struct http_ask ask;
    const struct trust *trust;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *connect_to, *resolve, *headers_out;
    enum source source;
    bool retried; /* with the other source */
    bool itself;  /* it reached its own socket */
    const char *stage;
    bool stage_told;
    uint64_t stage_due_ms;
    size_t headers, body; /* octets received */
    char *text;           /* of the body, BODY_MAX octets; NULL: nobody wants to know */
    struct easy_faults faults;
};

/* Begins a request, as part of multi. trust and multi outlive it. Returns 0 or -ENOMEM. */
int request_new(const struct http_ask *ask, CURLM *multi, const struct trust *trust,
                struct request **ret);

/* Gives it up if it has not ended. */
void request_free(struct request *request);

/* The request that a transfer of multi belongs to. */
struct request *request_of(CURL *easy);

/* Its transfer has ended so: either replies, or goes on with other certificates. Returns whether
 * the request has ended. */
bool request_ended(struct request *request, CURLcode result);

/* Tells the stage if it is time to. Returns the milliseconds until then, UINT64_MAX if it has been
 * told. */
uint64_t request_tell_stage(struct request *request, uint64_t now_ms);

/* The paths that libcurl has its certificates from; OpenSSL's where it was built without any. */
void request_trust(struct trust *trust);

#endif
