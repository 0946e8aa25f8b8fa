/* SPDX-License-Identifier: ISC */
/*
 * probe_http: one GET request over http, https or a unix socket, each on a new connection.
 *
 * It is made by sitens-http, a program of our own that is run for each request: what parses HTTP
 * and TLS holds no key and no socket of the name server, starts afresh each time, and can always be
 * killed. http/protocol.h says how they speak to each other.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/value.h"
#include "http/protocol.h"
#include "probe.h"
#include "process.h"

#define PROGRAM "sitens-http"

enum { WORDS_MAX = 10 }; /* the program, the longest list of arguments, NULL */

struct probe_http {
    struct probe probe;
    char *argv[WORDS_MAX];
    size_t n; /* of argv */
    struct process *process;
    char stage[PROCESS_LINE_MAX];
};

static void on_end(void *userdata, int status, const char *line, const char *text)
{
    struct probe_http *http = userdata;
    bool judged = *line && (status == RESULT_PASS || status == RESULT_FAIL);

    probe_end(&http->probe, judged && status == RESULT_PASS ? PROBE_PASS : PROBE_FAIL, "%s",
              judged ? line : text);
}

static void start(struct probe *probe)
{
    process_start(((struct probe_http *)probe)->process);
}

static const char *cancel(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;
    const char *stage = process_cancel(http->process);

    return *stage ? value_ascii(stage, http->stage, sizeof http->stage) : "the start of " PROGRAM;
}

static void destroy(struct probe *probe)
{
    struct probe_http *http = (struct probe_http *)probe;

    process_free(http->process);
    for (size_t i = 0; i < http->n; i++)
        free(http->argv[i]);
    free(http);
}

static const struct probe_class class = {start, cancel, destroy};

/* Appends an argument. Returns whether there was memory for it. */
__attribute__((format(printf, 2, 3))) static bool add(struct probe_http *http, const char *format,
                                                      ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = vasprintf(&http->argv[http->n], format, args);
    va_end(args);
    if (r < 0)
        http->argv[http->n] = NULL;
    else
        http->n++;
    return r >= 0;
}

/* The program beside this one, as in a build tree; else where it is installed. */
static bool add_program(struct probe_http *http)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof PROGRAM);
    char *slash;

    if (length > 0) {
        path[length] = '\0';
        slash = strrchr(path, '/');
        strcpy(slash + 1, PROGRAM);
        if (access(path, X_OK) == 0)
            return add(http, "%s", path);
    }
    return add(http, "%s/" PROGRAM, SITENS_LIBEXECDIR);
}

static bool add_target(struct probe_http *http, const struct conf_check *check)
{
    const struct conf_url *url = &check->url;
    char address[ADDRESS_TEXT_MAX];

    if (url->unix_path)
        return add(http, "--socket=%s", url->unix_path);
    return add(http, "--address=%s", address_text(&url->address, address)) &&
           add(http, "--port=%u", url->port);
}

static bool add_expectations(struct probe_http *http, const struct conf_check *check)
{
    char *ranges = NULL;
    size_t size;
    FILE *out = open_memstream(&ranges, &size);
    bool good = out != NULL;

    if (out) {
        value_type_status.print(out, &check->expect_status);
        good = fclose(out) == 0 && add(http, "--expect-status=%s", ranges);
    }
    free(ranges);
    return good && (!check->expect_body || add(http, "--expect-body=%s", check->expect_body));
}

static bool add_trust(struct probe_http *http, const struct conf_check *check)
{
    return (!check->ca_file || add(http, "--ca-file=%s", check->ca_file)) &&
           (!check->insecure || add(http, "--insecure"));
}

int probe_http_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    http->probe.class = &class;
    if (!add_program(http) || !add_target(http, check) || !add_expectations(http, check) ||
        !add_trust(http, check) || !add(http, "--timeout-ms=%u", check->timeout_ms) ||
        !add(http, "http%s://%s%s", check->url.tls ? "s" : "", check->host, check->url.path) ||
        process_new(env->loop, http->argv, on_end, http, &http->process) < 0) {
        destroy(&http->probe);
        return -ENOMEM;
    }
    *ret = &http->probe;
    return 0;
}
