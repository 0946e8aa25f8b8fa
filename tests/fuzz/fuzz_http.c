/* SPDX-License-Identifier: ISC */
/*
 * What a web server answers: whatever it is, libcurl's verdict and ours come to one result, which
 * is a pass only where a status and a text that were expected came.
 *
 * The first octet of the input chooses what is expected; the second how often the rest comes again,
 * so that the limits on headers and body are reached. Behind that is the response.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/reply.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WANTS_TEXT = 1, WANTS_ERROR = 2, REPEATED_MAX = 256 * 1024, TIMEOUT_MS = 1000 };

static const char wanted[] = "all is well";
static char directory[] = "/tmp/fuzz-http-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listener = -1;
static CURLM *multi;
static struct trust trust;
static struct http_reply result;
static unsigned n_results;

/* In the place of the one that writes to sitens. */
void reply(enum http_reply_kind kind, uint32_t number, const char *format, ...)
{
    va_list args;

    if (kind == HTTP_STAGE)
        return;
    n_results++;
    result.kind = kind;
    result.number = number;
    va_start(args, format);
    vsnprintf(result.text, sizeof result.text, format, args);
    va_end(args);
}

static void clean_up(void)
{
    unlink(address.sun_path);
    rmdir(directory);
}

static void set_up(void)
{
    if (!mkdtemp(directory))
        abort();
    snprintf(address.sun_path, sizeof address.sun_path, "%s/web", directory);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    multi = curl_multi_init();
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 1) < 0 || !multi)
        abort();
    atexit(clean_up);
}

/* Plays the web server, as far as it gets without waiting. Returns the connection, -1 at its end.
 */
static int serve(int fd, const uint8_t *data, size_t size, size_t *sent)
{
    char request[4096];
    ssize_t n = 0;

    if (fd < 0)
        return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (*sent == 0 && recv(fd, request, sizeof request, 0) <= 0)
        return fd;
    while (*sent < size && (n = send(fd, data + *sent, size - *sent, MSG_NOSIGNAL)) > 0)
        *sent += (size_t)n;
    if (*sent == size)
        shutdown(fd, SHUT_WR);
    return fd;
}

static void run(struct request *request, const uint8_t *data, size_t size)
{
    CURLMsg *message;
    size_t sent = 0;
    int fd = -1, n;

    do {
        if (curl_multi_perform(multi, &n) != CURLM_OK)
            abort();
        fd = serve(fd, data, size, &sent);
        message = curl_multi_info_read(multi, &n);
    } while (!message);
    if (request_of(message->easy_handle) != request ||
        !request_ended(request, message->data.result) ||
        request->headers > HEADERS_MAX + CURL_MAX_HTTP_HEADER || request->body > BODY_MAX)
        abort();
    if (fd >= 0)
        close(fd);
}

/* A body in chunks may have its text cut in two. */
static bool may_pass(const struct http_ask *ask, const uint8_t *data, size_t size)
{
    return size > 5 && !strncasecmp((const char *)data, "HTTP/", 5) &&
           (!*ask->expect_body || memmem(data, size, wanted, strlen(wanted)) ||
            memmem(data, size, "hunked", 6));
}

static void check(const struct http_ask *ask, const uint8_t *data, size_t size)
{
    long status = 0;

    if (n_results != 1 || result.number != ask->number || !*result.text ||
        (result.kind != HTTP_PASS && result.kind != HTTP_FAIL))
        abort();
    if (result.kind == HTTP_FAIL)
        return;
    if (sscanf(result.text, "HTTP status %ld", &status) != 1 || !may_pass(ask, data, size) ||
        status < ask->expect_status.at[0].low || status > ask->expect_status.at[0].high)
        abort();
}

static void try_response(const struct http_ask *ask, const uint8_t *data, size_t size)
{
    struct request *request;

    n_results = 0;
    if (request_new(ask, multi, &trust, &request) < 0)
        abort();
    run(request, data, size);
    request_free(request);
    check(ask, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_ask ask = {.number = 7,
                           .timeout_ms = TIMEOUT_MS,
                           .host = "get.example.org",
                           .path = "/",
                           .expect_status = {.n = 1, .at = {{200, 399}}}};
    size_t times, length;
    uint8_t *response;

    if (size < 3)
        return 0;
    if (listener < 0)
        set_up();
    strcpy(ask.socket, address.sun_path);
    if (data[0] & WANTS_TEXT)
        strcpy(ask.expect_body, wanted);
    if (data[0] & WANTS_ERROR)
        ask.expect_status.at[0].low = ask.expect_status.at[0].high = 503;
    times = (size_t)1 << data[1] % 16;
    length = size - 2;
    while (times > 1 && times * length > REPEATED_MAX)
        times /= 2;
    response = malloc(times * length);
    for (size_t i = 0; i < times; i++)
        memcpy(response + i * length, data + 2, length);
    try_response(&ask, response, times * length);
    free(response);
    return 0;
}
