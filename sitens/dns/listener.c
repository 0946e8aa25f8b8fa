/* SPDX-License-Identifier: ISC */
#include "listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcp.h"
#include "udp.h"

struct listener {
    struct endpoint endpoint;
    unsigned n_udp;
    struct udp *udp[CONF_WORKERS_MAX];
    struct tcp *tcp;
};

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static bool set_options(int fd, int family, int type, bool share)
{
    if (family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
        return false;
    set(fd, IPPROTO_IP, IP_FREEBIND, 1); /* the address may come later */
    if (type == SOCK_STREAM)
        return set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* a restart does not wait for TIME_WAIT */
    /* Forged ICMP must not make us send fragments, which resolvers fear for good reason (RFC 9715
     * section 3.1); our answers fit any path. */
    if (family == AF_INET)
        set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    else
        set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    return !share || set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/* A bound socket, or -errno. */
static int open_socket(const struct endpoint *endpoint, int type, bool share)
{
    struct sockaddr_storage address;
    socklen_t length = endpoint_sockaddr(endpoint, &address);
    int fd = socket(address.ss_family, type | SOCK_CLOEXEC, 0), r;

    if (fd < 0)
        return -errno;
    if (set_options(fd, address.ss_family, type, share) &&
        bind(fd, (struct sockaddr *)&address, length) == 0)
        return fd;
    r = -errno;
    close(fd);
    return r;
}

/* The first socket is bound unshared, so that a second sitens fails instead of taking half of the
 * queries away; only then may the others join it. */
static int start_udp(struct listener *l, const struct listener_options *options)
{
    bool share = l->n_udp > 0;
    int fd = open_socket(&l->endpoint, SOCK_DGRAM, share), r;

    if (fd < 0)
        return fd;
    if (!share && options->workers > 1)
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    r = udp_start(fd, options->source, options->rate, &l->udp[l->n_udp]);
    if (r == 0)
        l->n_udp++;
    return r;
}

static int start_tcp(struct listener *l, const struct listener_options *options)
{
    int fd = open_socket(&l->endpoint, SOCK_STREAM, false);

    return fd < 0 ? fd : tcp_start(fd, options->source, options->tcp_max, &l->tcp);
}

int listener_start(const struct endpoint *endpoint, const struct listener_options *options,
                   struct listener **ret)
{
    struct listener *l = calloc(1, sizeof *l);
    int r = 0;

    if (!l)
        return -ENOMEM;
    l->endpoint = *endpoint;
    while (r == 0 && l->n_udp < options->workers)
        r = start_udp(l, options);
    if (r == 0)
        r = start_tcp(l, options);
    if (r < 0) {
        listener_stop(l);
        return r;
    }
    *ret = l;
    return 0;
}

void listener_finish(struct listener *l)
{
    tcp_finish(l->tcp); /* UDP threads end at once */
}

void listener_stop(struct listener *l)
{
    if (!l)
        return;
    while (l->n_udp > 0)
        udp_stop(l->udp[--l->n_udp]);
    tcp_stop(l->tcp);
    free(l);
}

const struct endpoint *listener_endpoint(const struct listener *l)
{
    return &l->endpoint;
}

void listener_visit(const struct listener *l, void (*visit)(void *, const struct worker *),
                    void *userdata)
{
    for (unsigned i = 0; i < l->n_udp; i++)
        visit(userdata, udp_worker(l->udp[i]));
    visit(userdata, tcp_worker(l->tcp));
}
