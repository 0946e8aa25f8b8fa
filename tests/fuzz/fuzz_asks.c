/* SPDX-License-Identifier: ISC */
/*
 * What sitens asks for, at sitens-http: only what is whole becomes a request.
 *
 * The input is a row of messages, each behind two octets with its length.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/reply.h"
#include "http/request.h"
#include "http/requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES_MAX = 32 };

static CURLM *multi;
static int made;

/* In the place of those that speak to a web server and to sitens. */
int request_new(const struct http_ask *ask, CURLM *with, const struct trust *trust,
                struct request **ret)
{
    struct request *request = calloc(1, sizeof *request);

    (void)with, (void)trust;
    if (strlen(ask->socket) >= sizeof ask->socket || strlen(ask->host) >= sizeof ask->host ||
        strlen(ask->path) >= sizeof ask->path || strlen(ask->ca_file) >= sizeof ask->ca_file ||
        strlen(ask->expect_body) >= sizeof ask->expect_body ||
        ask->expect_status.n > CONF_STATUS_RANGES_MAX || !request)
        abort();
    request->ask = *ask;
    made++;
    *ret = request;
    return 0;
}

void request_free(struct request *request)
{
    made--;
    free(request);
}

struct request *request_of(CURL *easy)
{
    (void)easy;
    abort();
}

bool request_ended(struct request *request, CURLcode result)
{
    (void)request, (void)result;
    abort();
}

uint64_t request_tell_stage(struct request *request, uint64_t now_ms)
{
    (void)request, (void)now_ms;
    return UINT64_MAX;
}

void reply(enum http_reply_kind kind, uint32_t number, const char *format, ...)
{
    (void)kind, (void)number, (void)format;
}

static void send_all(int fd, const uint8_t *data, size_t size)
{
    for (int i = 0; i < MESSAGES_MAX && size >= 2; i++) {
        size_t length = (size_t)data[0] << 8 | data[1];

        data += 2;
        size -= 2;
        length = length < size ? length : size;
        if (send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
        data += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct trust trust;
    int fds[2];

    if (!multi && !(multi = curl_multi_init()))
        abort();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ||
        dup2(fds[1], STDIN_FILENO) < 0)
        abort();
    close(fds[1]);
    send_all(fds[0], data, size);
    close(fds[0]); /* which ends requests_run() */
    if (requests_run(multi, &trust) < 0 || made != 0)
        abort();
    return 0;
}
