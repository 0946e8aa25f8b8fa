/* SPDX-License-Identifier: ISC */
#include "endpoints.h"

#include "conf/dns.h"

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
        if (host->address[i].family == asked->address.family)
            ret[n++] = (struct endpoint){host->address[i], asked->port};
    return n;
}

size_t endpoints_wanted(const struct server_options *options, const struct generation *generation,
                        const struct self_host *host, struct endpoint *ret, size_t max)
{
    struct self_host list = {.n = 0};
    size_t n = 0;

    for (size_t i = 0; i < options->n_listen; i++)
        n = expand(&options->listen[i], host, ret, n, max);
    if (options->n_listen > 0)
        return n;
    for (size_t i = 0; i < generation->n_zones; i++)
        self_listen_addresses(generation->zones[i].self, host, &list);
    for (; n < list.n && n < max; n++)
        ret[n] = (struct endpoint){list.address[n], DNS_PORT};
    return n;
}
