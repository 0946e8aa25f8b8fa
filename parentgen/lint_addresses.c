/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <string.h>

#include "lint.h"

/* The IANA special-purpose address registries, as far as sites are put there by mistake. */
static const struct {
    const char *prefix;
    unsigned bits;
    bool is_documentation;
    const char *what;
} special[] = {
    {"10.0.0.0", 8, false, "private (RFC 1918)"},
    {"172.16.0.0", 12, false, "private (RFC 1918)"},
    {"192.168.0.0", 16, false, "private (RFC 1918)"},
    {"100.64.0.0", 10, false, "behind a provider's NAT (RFC 6598)"},
    {"127.0.0.0", 8, false, "a loopback address"},
    {"169.254.0.0", 16, false, "link-local"},
    {"198.18.0.0", 15, false, "for benchmarks (RFC 2544)"},
    {"::1", 128, false, "a loopback address"},
    {"fc00::", 7, false, "unique local (RFC 4193)"},
    {"fe80::", 10, false, "link-local"},
    {"192.0.2.0", 24, true, "for documentation (RFC 5737)"},
    {"198.51.100.0", 24, true, "for documentation (RFC 5737)"},
    {"203.0.113.0", 24, true, "for documentation (RFC 5737)"},
    {"2001:db8::", 32, true, "for documentation (RFC 3849)"},
    {"3fff::", 20, true, "for documentation (RFC 9637)"},
};

/* Returns whether there was something to say. */
static bool lint_address(const struct conf_site *site, const struct address *address,
                         struct report *report)
{
    char text[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        struct address prefix;

        if (!address_parse(special[i].prefix, &prefix) ||
            !address_is_within(address, &prefix, special[i].bits))
            continue;
        report_add(report, SEVERITY_WARNING,
                   special[i].is_documentation ? "documentation-address" : "private-address",
                   site->line, "Give the address under which the world reaches the site",
                   "[site %s]: %s is %s", site->id, address_text(address, text), special[i].what);
        return true;
    }
    return false;
}

/* One warning for a site is enough. */
static void lint_site(const struct conf_site *site, struct report *report)
{
    for (size_t i = 0; i < site->address.n; i++)
        if (lint_address(site, &site->address.at[i], report))
            return;
}

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

    for (size_t i = 0; i < conf->n_sites; i++)
        lint_site(&conf->sites[i], report);
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
