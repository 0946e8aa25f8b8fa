/* SPDX-License-Identifier: ISC */
/*
 * request: one GET request on a new connection, and what to think of its response.
 */
#ifndef SITENS_HTTP_REQUEST_H
#define SITENS_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "protocol.h"

/* What to ask, whom, and what to expect. */
struct request {
    const char *url;                  /* http or https, with the name that users ask for */
    const char *address, *port;       /* where to connect to */
    const char *socket;               /* instead of them: the path of a unix socket */
    struct conf_status expect_status; /* the codes that pass */
    const char *expect_body;          /* NULL: any */
    const char *ca_file;              /* to be trusted alone; NULL: the system's certificates */
    bool insecure;                    /* certificates are not verified */
    uint32_t timeout_ms;              /* of the check, which is kept by who runs this program */
};

/* Makes the request and prints its stages and the reason, as result.h says. Blocks. */
enum result request_run(const struct request *request);

#endif
