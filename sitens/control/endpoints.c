/* SPDX-License-Identifier: ISC */
#include "endpoints.h"

#include "conf/dns.h"
#include "log.h"

/* Link-local addresses mean nothing without an interface, and no client of ours has one. */
static bool is_link_local(const struct address *address)
{
    static const struct address prefix = {.family = AF_INET6, .octets = {0xfe, 0x80}};

    return address_is_within(address, &prefix, 10);
}

/* A socket on the wildcard would answer from an address of the kernel's choice, which need not be
 * the one that was asked. */
static size_t expand(const struct endpoint *asked, const struct self_host *host,
                     struct endpoint *ret, size_t n, size_t max)
{
    if (!address_is_wildcard(&asked->address)) {
        if (n < max)
            ret[n++] = *asked;
        return n;
    }
    for (size_t i = 0; i < host->n && n < max; i++)
        if (host->address[i].family == asked->address.family && !is_link_local(&host->address[i]))
            ret[n++] = (struct endpoint){host->address[i], asked->port};
    return n;
}

size_t endpoints_wanted(const struct server_options *options, const struct generation *generation,
                        const struct self_host *host, struct endpoint *ret)
{
    struct address list[LISTENERS_MAX + 1] = {0};
    size_t n = 0;

    for (size_t i = 0; i < options->n_listen; i++)
        n = expand(&options->listen[i], host, ret, n, LISTENERS_MAX + 1);
    for (size_t i = 0; i < generation->n_zones && options->n_listen == 0; i++)
        n = self_listen_addresses(generation->zones[i].self, host, list, n, LISTENERS_MAX + 1);
    for (size_t i = 0; i < n && options->n_listen == 0; i++)
        ret[i] = (struct endpoint){list[i], DNS_PORT};
    if (n <= LISTENERS_MAX)
        return n;
    log_warning("more than %d addresses to listen on: say which with --listen", LISTENERS_MAX);
    return LISTENERS_MAX;
}
