/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "lint.h"

static const struct address *first_of(const struct conf_site *site, int family)
{
    for (size_t i = 0; i < site->address.n; i++)
        if (site->address.at[i].family == family)
            return &site->address.at[i];
    return NULL;
}

static size_t count_with(const struct conf *conf, int family)
{
    size_t count = 0;

    for (size_t i = 0; i < conf->n_sites; i++)
        count += first_of(&conf->sites[i], family) != NULL;
    return count;
}

/* Whether all sites that have the family have every address of it in one network; false for fewer
 * than two sites. */
static bool in_one_network(const struct conf *conf, int family, unsigned bits)
{
    const struct address *first = NULL;

    for (size_t i = 0; i < conf->n_sites; i++)
        for (size_t k = 0; k < conf->sites[i].address.n; k++) {
            const struct address *address = &conf->sites[i].address.at[k];

            if (address->family != family)
                continue;
            first = first ? first : address;
            if (!address_is_within(first, address, bits))
                return false;
        }
    return count_with(conf, family) > 1;
}

void lint_addresses(const struct conf *conf, struct report *report)
{
    size_t v4 = count_with(conf, AF_INET), v6 = count_with(conf, AF_INET6);

    if (in_one_network(conf, AF_INET, 24) || in_one_network(conf, AF_INET6, 48))
        report_add(report, SEVERITY_WARNING, "same-network", 0,
                   "Put one into another data centre: what cuts off one cuts off all",
                   "all sites are in the same %s network",
                   in_one_network(conf, AF_INET, 24) ? "/24" : "/48");
    if (v4 == 0)
        report_add(report, SEVERITY_WARNING, "ipv6-only", 0, "Give the sites IPv4 addresses too",
                   "no site has an IPv4 address: many resolvers cannot ask any");
    else if (v4 < conf->n_sites || (v6 > 0 && v6 < conf->n_sites))
        report_add(report, SEVERITY_WARNING, "families-differ", 0,
                   "Give every site both families, or all the same one",
                   "of %zu sites %zu have IPv4 and %zu have IPv6: for users of one family fewer "
                   "sites are left",
                   conf->n_sites, v4, v6);
}
