/* SPDX-License-Identifier: ISC */
/*
 * protocol: what sitens and sitens-http say to each other, over the socket that is the standard
 * input of sitens-http. The socket keeps the bounds of messages, each of which is one struct.
 *
 * sitens asks, and keeps the deadline: it cancels what has not ended by then. sitens-http answers
 * each request by its number with one result; before, once it has lasted HTTP_STAGE_MS or a quarter
 * of its timeout, with each stage that it reaches: so a request that ends soon costs one message
 * each way, and one without any answer tells that sitens-http is not running.
 */
#ifndef SITENS_HTTP_PROTOCOL_H
#define SITENS_HTTP_PROTOCOL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "conf/address.h"
#include "conf/conf.h"

enum {
    HTTP_STAGE_MS = 250,
    HTTP_WORD_MAX =
        256, /* octets of a text, the final NUL included; lines of site files are shorter */
};

enum http_ask_kind { HTTP_REQUEST, HTTP_CANCEL };

/* From sitens; as long as its last member, which is cut after its NUL. */
struct http_ask {
    uint32_t kind; /* enum http_ask_kind; for HTTP_CANCEL, number alone matters */
    uint32_t number;
    uint32_t timeout_ms;
    bool tls, insecure, localhost;
    uint16_t port;
    struct address address; /* to connect to; family 0: to socket */
    struct conf_status expect_status;
    char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
    char host[HTTP_WORD_MAX];
    char path[HTTP_WORD_MAX];
    char expect_body[HTTP_WORD_MAX]; /* "": any */
    char ca_file[PATH_MAX];          /* "": the system's certificates */
};

enum http_reply_kind {
    HTTP_READY, /* the first message. number: Landlock's version, 0 without; text: what of the
                   confinement does not work, "" if all does */
    HTTP_STAGE, /* text: what the request waits for, such as "the response" */
    HTTP_PASS,
    HTTP_FAIL,
    HTTP_UNMADE, /* text: what this host is short of */
    HTTP_RENEW,  /* certificates were changed: another sitens-http has to make this request, and
                    all others */
};

/* From sitens-http. */
struct http_reply {
    uint32_t kind; /* enum http_reply_kind */
    uint32_t number;
    char text[HTTP_WORD_MAX];
};

#endif
