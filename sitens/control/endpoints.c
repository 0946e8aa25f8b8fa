/* SPDX-License-Identifier: ISC */
#include "endpoints.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "conf/value.h"

bool endpoints_parse(const char *text, struct conf_endpoint *ret)
{
    struct conf_endpoint endpoint = {.port = ENDPOINTS_PORT};
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "@");
    uint32_t port = ENDPOINTS_PORT;

    if (length >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)length, text);
    if (!value_address(address, &endpoint.address) ||
        (text[length] && !value_number(text + length + 1, 1, 65535, &port)))
        return false;
    endpoint.port = (uint16_t)port;
    *ret = endpoint;
    return true;
}

static bool is_wildcard(const struct conf_address *address)
{
    static const uint8_t zero[16];

    return !memcmp(address->octets, zero, sizeof zero);
}

/* A socket on the wildcard would answer from an address of the kernel's choice, which need not be
 * the one that was asked. */
static size_t expand(const struct conf_endpoint *asked, const struct self_host *host,
                     struct conf_endpoint *ret, size_t n, size_t max)
{
    if (!is_wildcard(&asked->address)) {
        if (n < max)
            ret[n++] = *asked;
        return n;
    }
    for (size_t i = 0; i < host->n && n < max; i++)
        if (host->address[i].family == asked->address.family)
            ret[n++] = (struct conf_endpoint){host->address[i], asked->port};
    return n;
}

size_t endpoints_wanted(const struct server_options *options, const struct generation *generation,
                        const struct self_host *host, struct conf_endpoint *ret, size_t max)
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
        ret[n] = (struct conf_endpoint){list.address[n], ENDPOINTS_PORT};
    return n;
}
