/* SPDX-License-Identifier: ISC */
#include "requests.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "reply.h"
#include "request.h"

enum { MANY = 16 }; /* requests at a time, whose memory is given back */

static struct request **find(struct request **link, uint32_t number)
{
    while (*link && (*link)->ask.number != number)
        link = &(*link)->next;
    return link;
}

static void end(struct request **link)
{
    struct request *request = *link;

    assert(request);
    *link = request->next;
    request_free(request);
}

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size);
}

/* Whether the octet of a bool is that of one: what else it may hold, C does not define. */
static bool is_bool(const bool *flag)
{
    uint8_t octet;

    memcpy(&octet, flag, sizeof octet);
    return octet <= 1;
}

/* Whether every member is what its type says. */
static bool is_sound(const struct http_ask *ask)
{
    return is_bool(&ask->tls) && is_bool(&ask->insecure) && is_bool(&ask->localhost) &&
           is_text(ask->socket, sizeof ask->socket) && is_text(ask->host, sizeof ask->host) &&
           is_text(ask->path, sizeof ask->path) &&
           is_text(ask->expect_body, sizeof ask->expect_body) &&
           is_text(ask->ca_file, sizeof ask->ca_file) &&
           ask->expect_status.n <= CONF_STATUS_RANGES_MAX;
}

/* The next message. Returns 1, 0 if there is none now, or -1 if there will be none any more. */
static int receive(struct http_ask *ret)
{
    ssize_t n;

    memset(ret, 0, sizeof *ret);
    n = recv(STDIN_FILENO, ret, sizeof *ret, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n > (ssize_t)offsetof(struct http_ask, ca_file) && is_sound(ret) ? 1 : -1;
}

static void begin(struct request **first, const struct http_ask *ask, CURLM *multi,
                  const struct trust *trust)
{
    struct request *request;

    if (ask->tls && !ask->insecure && trust_changed(trust)) {
        reply(HTTP_RENEW, ask->number, "%s", "");
        return;
    }
    if (request_new(ask, multi, trust, &request) < 0) {
        reply(HTTP_UNMADE, ask->number, "sitens-http is out of memory");
        return;
    }
    request->next = *first;
    *first = request;
}

static size_t count(const struct request *request)
{
    size_t n = 0;

    for (; request; request = request->next)
        n++;
    return n;
}

/* All begin at once after a start; from then on they are spread. What that took, the C library
 * would keep. */
static void give_back(const struct request *first, size_t *most)
{
    if (first || *most <= MANY)
        return;
#ifdef __GLIBC__ /* musl has no such function */
    malloc_trim(0);
#endif
    *most = 0;
}

/* Returns whether sitens may want more. */
static bool take_messages(struct request **first, CURLM *multi, const struct trust *trust)
{
    struct http_ask ask;
    int r;

    while ((r = receive(&ask)) > 0) {
        struct request **link = find(first, ask.number);

        if (ask.kind == HTTP_REQUEST && !*link)
            begin(first, &ask, multi, trust);
        else if (ask.kind == HTTP_CANCEL && *link)
            end(link);
    }
    return r == 0;
}

static void take_results(struct request **first, CURLM *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left))) {
        struct request *request = request_of(message->easy_handle);

        if (request_ended(request, message->data.result))
            end(find(first, request->ask.number));
    }
}

/* Returns the milliseconds until a stage has to be told. */
static int tell_stages(struct request *request)
{
    struct timespec now;
    uint64_t now_ms, next_ms = INT_MAX;

    clock_gettime(CLOCK_MONOTONIC, &now);
    now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (; request; request = request->next) {
        uint64_t ms = request_tell_stage(request, now_ms);

        next_ms = ms < next_ms ? ms : next_ms;
    }
    return (int)next_ms;
}

int requests_run(CURLM *multi, const struct trust *trust)
{
    struct request *first = NULL;
    struct curl_waitfd sitens = {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN};
    CURLMcode r = CURLM_OK;
    size_t most = 0;
    int running;

    while (r == CURLM_OK && take_messages(&first, multi, trust)) {
        r = curl_multi_perform(multi, &running);
        most = most > count(first) ? most : count(first);
        take_results(&first, multi);
        give_back(first, &most);
        if (r == CURLM_OK)
            r = curl_multi_poll(multi, &sitens, 1, tell_stages(first), NULL);
    }
    while (first)
        end(&first);
    return r == CURLM_OK ? 0 : -ENOMEM;
}
