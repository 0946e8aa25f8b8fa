/* SPDX-License-Identifier: ISC */
#include "checker.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "log.h"

#define PROGRAM "sitens-http"

enum {
    DEAF_MS = 3000,     /* a process that does not answer for so long hangs */
    PAUSE_MIN_MS = 100, /* before the second start in a row, doubled for each further one */
    PAUSE_MAX_MS = 10000,
    FAILED_STARTS_MAX = 2, /* from then on, checks fail */
};

struct checker {
    uv_timer_t timer; /* the next start */
    struct helpers *helpers;
    struct helper *helper; /* NULL: it does not run */
    bool ready;            /* it has said so */
    unsigned failed_starts;
    uint64_t pause_ms;
    uint64_t deaf_since_ms; /* the first message that has not been answered; 0: none */
    uint32_t number;        /* of the last request */
    struct checker_request *requests;
    size_t users, n_ca_files;
    char **ca_files; /* all that anybody used since there was a user */
    uint32_t landlock;
    char lacks[HTTP_WORD_MAX]; /* as HTTP_READY has it */
    char why[HELPER_TEXT_MAX]; /* the last end */
};

static void start(struct checker *checker);

static void unlink_request(struct checker *checker, struct checker_request *request)
{
    struct checker_request **link = &checker->requests;

    while (*link && *link != request)
        link = &(*link)->next;
    if (*link)
        *link = request->next;
}

static void end_request(struct checker *checker, struct checker_request *request,
                        enum probe_result result, const char *reason)
{
    unlink_request(checker, request);
    request->on_end(request->userdata, result, reason);
}

static bool is_hopeless(const struct checker *checker)
{
    return !checker->helper && checker->failed_starts >= FAILED_STARTS_MAX;
}

static void on_timer(uv_timer_t *timer)
{
    start(timer->data);
}

/* It has ended, or is as good as that; why says how. All requests lose their result. shortage: it
 * was not even started, for the host is short of something. */
static void ended(struct checker *checker, bool shortage)
{
    enum probe_result result;
    struct checker_request *request;

    checker->helper = NULL;
    if (checker->ready)
        checker->failed_starts = 0;
    else if (!shortage)
        checker->failed_starts++;
    checker->ready = false;
    checker->deaf_since_ms = 0;
    log_debug("%s", checker->why);
    uv_timer_start(&checker->timer, on_timer, checker->pause_ms, 0);
    checker->pause_ms = checker->pause_ms ? 2 * checker->pause_ms : PAUSE_MIN_MS;
    if (checker->pause_ms > PAUSE_MAX_MS)
        checker->pause_ms = PAUSE_MAX_MS;
    result = is_hopeless(checker) ? PROBE_FAIL : PROBE_UNMADE;
    while ((request = checker->requests))
        end_request(checker, request, result, checker->why);
}

static void on_end(void *userdata, const char *how)
{
    struct checker *checker = userdata;

    snprintf(checker->why, sizeof checker->why, "%s", how);
    ended(checker, false);
}

static void restart_if_deaf(struct checker *checker)
{
    if (!checker->helper || !checker->deaf_since_ms ||
        uv_now(checker->timer.loop) - checker->deaf_since_ms <= DEAF_MS)
        return;
    helper_forget(checker->helper, true);
    snprintf(checker->why, sizeof checker->why,
             PROGRAM " hung and was killed; is the host overloaded?");
    ended(checker, false);
}

/* Requests */

static struct http_ask make_ask(const struct checker_request *request)
{
    const struct conf_check *check = request->check;
    struct http_ask ask = {
        .kind = HTTP_REQUEST,
        .number = request->number,
        .timeout_ms = check->timeout_ms,
        .tls = check->url.tls,
        .insecure = check->insecure,
        .localhost = check->url.localhost,
        .port = check->url.port,
        .address = check->url.address,
        .expect_status = check->expect_status,
    };

    if (check->url.unix_path)
        snprintf(ask.socket, sizeof ask.socket, "%s", check->url.unix_path);
    snprintf(ask.host, sizeof ask.host, "%s", check->host);
    snprintf(ask.path, sizeof ask.path, "%s", check->url.path);
    snprintf(ask.expect_body, sizeof ask.expect_body, "%s",
             check->expect_body ? check->expect_body : "");
    snprintf(ask.ca_file, sizeof ask.ca_file, "%s", check->ca_file ? check->ca_file : "");
    return ask;
}

static int send_ask(struct checker *checker, const struct http_ask *ask)
{
    return helper_send(checker->helper, ask,
                       offsetof(struct http_ask, ca_file) + strlen(ask->ca_file) + 1);
}

/* Sends what has not been sent, as far as there is room for it. */
static void send_requests(void *userdata)
{
    struct checker *checker = userdata;

    for (struct checker_request *r = checker->requests; r && checker->helper; r = r->next) {
        struct http_ask ask;

        if (r->sent)
            continue;
        ask = make_ask(r);
        if (send_ask(checker, &ask) < 0)
            return; /* there will be room, or the end of the process is noticed */
        r->sent = true;
        if (!checker->deaf_since_ms)
            checker->deaf_since_ms = uv_now(checker->timer.loop);
    }
}

/* Lets another process make all requests: this one could not, for no fault of theirs. */
static void renew(struct checker *checker)
{
    if (checker->helper)
        helper_forget(checker->helper, false);
    checker->helper = NULL;
    for (struct checker_request *r = checker->requests; r; r = r->next)
        r->sent = r->taken = false;
    start(checker);
}

static void on_ready(struct checker *checker, const struct http_reply *reply)
{
    checker->ready = true;
    checker->failed_starts = 0;
    checker->landlock = reply->number;
    if (strcmp(checker->lacks, reply->text) != 0 && *reply->text)
        log_warning(PROGRAM " is less confined than it could be: %s", reply->text);
    memcpy(checker->lacks, reply->text, sizeof checker->lacks);
}

static void on_reply(struct checker *checker, struct checker_request *request,
                     const struct http_reply *reply)
{
    switch ((enum http_reply_kind)reply->kind) {
    case HTTP_STAGE:
        request->taken = true;
        value_utf8(reply->text, request->stage, sizeof request->stage);
        break;
    case HTTP_PASS:
    case HTTP_FAIL:
    case HTTP_UNMADE:
        checker->pause_ms = 0;
        end_request(checker, request,
                    reply->kind == HTTP_PASS   ? PROBE_PASS
                    : reply->kind == HTTP_FAIL ? PROBE_FAIL
                                               : PROBE_UNMADE,
                    reply->text);
        break;
    case HTTP_RENEW:
        renew(checker);
        break;
    case HTTP_READY:
        break;
    }
}

static void on_message(void *userdata, const void *data, size_t n)
{
    struct checker *checker = userdata;
    struct checker_request *request = checker->requests;
    struct http_reply reply;

    if (n != sizeof reply)
        return;
    memcpy(&reply, data, sizeof reply);
    reply.text[sizeof reply.text - 1] = '\0';
    checker->deaf_since_ms = 0;
    if (reply.kind == HTTP_READY) {
        on_ready(checker, &reply);
        return;
    }
    while (request && !(request->sent && request->number == reply.number))
        request = request->next;
    if (request) /* else it was cancelled meanwhile */
        on_reply(checker, request, &reply);
}

void checker_ask(struct checker *checker, struct checker_request *request)
{
    restart_if_deaf(checker);
    request->number = ++checker->number;
    request->sent = request->taken = false;
    if (is_hopeless(checker)) {
        request->on_end(request->userdata, PROBE_FAIL, checker->why);
        return;
    }
    request->next = checker->requests;
    checker->requests = request;
    send_requests(checker);
}

const char *checker_cancel(struct checker *checker, struct checker_request *request,
                           bool *ret_unmade)
{
    const struct http_ask ask = {.kind = HTTP_CANCEL, .number = request->number};

    unlink_request(checker, request);
    if (checker->helper && request->sent)
        send_ask(checker, &ask); /* if there is no room, the request ends by itself */
    *ret_unmade = !request->taken;
    restart_if_deaf(checker);
    return request->taken ? request->stage : PROGRAM "; is the host overloaded?";
}

/* The process */

static void start(struct checker *checker)
{
    static const struct helper_events events = {on_message, send_requests, on_end};
    char path[PATH_MAX];
    char **argv = calloc(checker->n_ca_files + 2, sizeof *argv);
    int r = -ENOMEM;

    uv_timer_stop(&checker->timer);
    helper_path(PROGRAM, path);
    if (argv) {
        argv[0] = path;
        for (size_t i = 0; i < checker->n_ca_files; i++)
            argv[i + 1] = checker->ca_files[i];
        r = helper_start(checker->helpers, argv, &events, checker, &checker->helper);
        free(argv);
    }
    checker->ready = false;
    checker->deaf_since_ms = 0;
    if (r == 0) {
        send_requests(checker);
        return;
    }
    snprintf(checker->why, sizeof checker->why, "cannot run %.300s: %s", path, uv_strerror(r));
    ended(checker, probe_is_shortage(r));
}

static void forget_all(struct checker *checker)
{
    if (checker->helper)
        helper_forget(checker->helper, false);
    checker->helper = NULL;
    checker->ready = false;
    uv_timer_stop(&checker->timer);
    checker->failed_starts = 0;
    checker->pause_ms = 0;
    for (size_t i = 0; i < checker->n_ca_files; i++)
        free(checker->ca_files[i]);
    free(checker->ca_files);
    checker->ca_files = NULL;
    checker->n_ca_files = 0;
}

/* Returns 1 if ca_file is new, 0 if it is known, or -ENOMEM. */
static int add_ca_file(struct checker *checker, const char *ca_file)
{
    char **more, *copy;

    for (size_t i = 0; i < checker->n_ca_files; i++)
        if (!strcmp(checker->ca_files[i], ca_file))
            return 0;
    copy = strdup(ca_file);
    more = copy ? reallocarray(checker->ca_files, checker->n_ca_files + 1, sizeof *more) : NULL;
    if (!more) {
        free(copy);
        return -ENOMEM;
    }
    checker->ca_files = more;
    checker->ca_files[checker->n_ca_files++] = copy;
    return 1;
}

int checker_use(struct checker *checker, const char *ca_file)
{
    int r = ca_file ? add_ca_file(checker, ca_file) : 0;

    if (r < 0)
        return r;
    /* On the loop's next turn: all who use it have then said so. */
    if (checker->users++ == 0)
        uv_timer_start(&checker->timer, on_timer, 0, 0);
    else if (r > 0 && checker->helper)
        renew(checker);
    return 0;
}

void checker_leave(struct checker *checker)
{
    if (--checker->users == 0)
        forget_all(checker);
}

bool checker_confinement(const struct checker *checker, unsigned *ret_landlock, bool *ret_whole)
{
    if (!checker->ready)
        return false;
    *ret_landlock = checker->landlock;
    *ret_whole = !*checker->lacks;
    return true;
}

int checker_new(uv_loop_t *loop, struct helpers *helpers, struct checker **ret)
{
    struct checker *checker = calloc(1, sizeof *checker);

    if (!checker)
        return -ENOMEM;
    checker->helpers = helpers;
    uv_timer_init(loop, &checker->timer);
    checker->timer.data = checker;
    *ret = checker;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void checker_free(struct checker *checker)
{
    forget_all(checker);
    uv_close((uv_handle_t *)&checker->timer, on_closed);
}
