/* SPDX-License-Identifier: ISC */
/*
 * probe_tcp: passes when a TCP connection is accepted, by another socket than the one that asks.
 *
 * Where nothing listens on a port of the range that the system gives to those who connect, now and
 * then it gives that very port, and the connection is one to itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/address.h"
#include "probe.h"

struct probe_tcp;

/* One connection. The loop frees it, when the probe may be long gone. */
struct attempt {
    uv_tcp_t tcp;
    uv_connect_t request;
    struct probe_tcp *owner; /* NULL: given up */
};

struct probe_tcp {
    struct probe probe;
    uv_loop_t *loop;
    const struct endpoint *endpoint;
    struct attempt *attempt; /* NULL: not running */
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void abandon(struct probe_tcp *tcp)
{
    tcp->attempt->owner = NULL;
    uv_close((uv_handle_t *)&tcp->attempt->tcp, on_closed);
    tcp->attempt = NULL;
}

static bool is_itself(const uv_tcp_t *tcp)
{
    struct sockaddr_storage own = {0}, peer = {0};
    int own_length = sizeof own, peer_length = sizeof peer;

    return uv_tcp_getsockname(tcp, (struct sockaddr *)&own, &own_length) == 0 &&
           uv_tcp_getpeername(tcp, (struct sockaddr *)&peer, &peer_length) == 0 &&
           own_length == peer_length && !memcmp(&own, &peer, (size_t)own_length);
}

static void end(struct probe_tcp *tcp, int status)
{
    char address[ADDRESS_TEXT_MAX];

    address_text(&tcp->endpoint->address, address);
    if (status < 0)
        probe_end(&tcp->probe, probe_is_shortage(status) ? PROBE_UNMADE : PROBE_FAIL,
                  "no connection to %s port %u: %s", address, tcp->endpoint->port,
                  uv_strerror(status));
    else
        probe_end(&tcp->probe, PROBE_PASS, "%s port %u accepts connections", address,
                  tcp->endpoint->port);
}

static void on_connect(uv_connect_t *request, int status)
{
    struct attempt *attempt = request->data;
    struct probe_tcp *tcp = attempt->owner;

    if (!tcp)
        return;
    if (status == 0 && is_itself(&attempt->tcp))
        status = UV_ECONNREFUSED;
    abandon(tcp);
    end(tcp, status);
}

static void start(struct probe *probe)
{
    struct probe_tcp *tcp = (struct probe_tcp *)probe;
    struct attempt *attempt = calloc(1, sizeof *attempt);
    struct sockaddr_storage address;
    int r;

    if (!attempt) {
        end(tcp, UV_ENOMEM);
        return;
    }
    tcp->attempt = attempt;
    attempt->owner = tcp;
    attempt->request.data = attempt;
    uv_tcp_init(tcp->loop, &attempt->tcp);
    attempt->tcp.data = attempt;
    endpoint_sockaddr(tcp->endpoint, &address);
    r = uv_tcp_connect(&attempt->request, &attempt->tcp, (const struct sockaddr *)&address,
                       on_connect);
    if (r < 0) {
        abandon(tcp);
        end(tcp, r);
    }
}

static const char *cancel(struct probe *probe)
{
    abandon((struct probe_tcp *)probe);
    return "the connection";
}

static void destroy(struct probe *probe)
{
    free(probe);
}

static const struct probe_class class = {start, cancel, destroy, NULL};

int probe_tcp_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_tcp *tcp = calloc(1, sizeof *tcp);

    if (!tcp)
        return -ENOMEM;
    tcp->probe.class = &class;
    tcp->loop = env->loop;
    tcp->endpoint = &check->tcp;
    *ret = &tcp->probe;
    return 0;
}
