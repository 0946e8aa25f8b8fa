/* SPDX-License-Identifier: ISC */
/*
 * parentgen --check --url: whatever a web server answers, libcurl's verdict and ours come to one
 * outcome, which is an answer only where there was a status, in text that a terminal can be shown.
 *
 * The first octet of the input says whether the response ends; the second how often the rest comes
 * again, so that the limits on headers and body are reached. Behind that is the response.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_socket(int family, int type, int protocol);

enum { ENDLESS = 1, REPEATED_MAX = 256 * 1024, TIMEOUT_MS = 5000, SHORT_MS = 2, N_ASKS = 2 };

/* The web server's end of each connection; it has answered before it is asked. */
static int servers[N_ASKS];
static unsigned n_servers;
static const uint8_t *response;
static size_t response_length;
static bool is_endless;

/* In the place of the one that web.c opens for libcurl. */
int __wrap_socket(int family, int type, int protocol)
{
    int pair[2], room = REPEATED_MAX;

    (void)family, (void)type, (void)protocol;
    if (n_servers == N_ASKS || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        abort();
    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (send(pair[1], response, response_length, MSG_NOSIGNAL | MSG_DONTWAIT) <= 0)
        abort();
    if (!is_endless)
        shutdown(pair[1], SHUT_WR);
    servers[n_servers++] = pair[1];
    return pair[0];
}

/* libcurl's own: it is connected already. */
int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd, (void)address, (void)length;
    return 0;
}

static void check(const struct web_ask *ask)
{
    if (ask->outcome > WEB_UNREACHABLE ||
        (ask->outcome == WEB_ANSWERED) != (ask->status >= 100 && ask->status <= 999) ||
        ask->request || strnlen(ask->text, sizeof ask->text) == sizeof ask->text)
        abort();
    if (ask->outcome == WEB_ANSWERED &&
        (response_length < 5 || strncasecmp((const char *)response, "HTTP/", 5)))
        abort();
    if (ask->outcome != WEB_ANSWERED && !*ask->text)
        abort();
    for (const char *c = ask->text; *c; c++)
        if (*c < ' ' || *c > '~')
            abort();
}

static void try_response(void)
{
    struct web_ask asks[N_ASKS] = {0}, *all[N_ASKS];

    for (unsigned i = 0; i < N_ASKS; i++) {
        asks[i].url = "http://get.example.org/a";
        address_parse(i ? "2001:db8::1" : "192.0.2.1", &asks[i].to);
        all[i] = &asks[i];
    }
    web_ask_all(all, N_ASKS, is_endless ? SHORT_MS : TIMEOUT_MS);
    for (unsigned i = 0; i < N_ASKS; i++)
        check(&asks[i]);
    while (n_servers > 0)
        close(servers[--n_servers]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t times, length;
    uint8_t *repeated;

    if (size < 3)
        return 0;
    times = (size_t)1 << data[1] % 16;
    length = size - 2;
    while (times > 1 && times * length > REPEATED_MAX / 2)
        times /= 2;
    repeated = malloc(times * length);
    for (size_t i = 0; i < times; i++)
        memcpy(repeated + i * length, data + 2, length);
    response = repeated;
    response_length = times * length;
    is_endless = data[0] & ENDLESS;
    try_response();
    free(repeated);
    return 0;
}
