/* SPDX-License-Identifier: ISC */
/*
 * probe_http: one GET request over http, https or a unix socket, each on a new connection.
 *
 * It is made by sitens-http (checker): what parses HTTP and TLS holds no key and no socket of the
 * name server, sees no file but certificates, and can always be killed.
 */
#include <errno.h>
#include <stdlib.h>

#include "checker.h"
#include "probe.h"

struct probe_http {
    struct probe probe;
    struct checker *checker;
    struct checker_request request;
};

static void on_end(void *userdata, enum probe_result result, const char *reason)
{
    struct probe_http *http = userdata;

    probe_end(&http->probe, result, "%s", reason);
}

static void start(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;

    checker_ask(http->checker, &http->request);
}

static const char *cancel(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;

    return checker_cancel(http->checker, &http->request, &probe->unmade);
}

static void destroy(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;

    checker_leave(http->checker);
    free(http);
}

static const struct probe_class class = {start, cancel, destroy, NULL};

int probe_http_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_http *http = calloc(1, sizeof *http);
    int r = http ? checker_use(env->checker, check->ca_file) : -ENOMEM;

    if (r < 0) {
        free(http);
        return r;
    }
    http->probe.class = &class;
    http->checker = env->checker;
    http->request = (struct checker_request){.check = check, .on_end = on_end, .userdata = http};
    *ret = &http->probe;
    return 0;
}
