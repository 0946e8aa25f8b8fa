/* SPDX-License-Identifier: ISC */
/*
 * self: which site this host is, and on which addresses it listens. Pure: the caller says what the
 * host's addresses and name are.
 */
#ifndef SITENS_CONTROL_SELF_H
#define SITENS_CONTROL_SELF_H

#include "conf/conf.h"

enum { SELF_ADDRESSES_MAX = 65536 }; /* more of a host's are not looked at */

/* What a host is known by. Freed with free(). */
struct self_host {
    char name[256]; /* as gethostname() has it */
    size_t n;
    struct address address[]; /* of every interface */
};

/* Asks the system. Returns 0 or -errno. */
int self_host_read(struct self_host **ret);

/* Whether the two have the same addresses. */
bool self_host_is_same(const struct self_host *a, const struct self_host *b);

/* Which site a host is. */
struct self {
    const struct conf_site *site; /* of the conf that was asked about */
    char by[320];                 /* by what that is known: "by its address, 192.0.2.10" */
    char doubt[640];              /* "", or what does not fit, for a warning */
};

/*
 * The site of conf that this host is: the one called id if id is not NULL; else the one that has an
 * address of this host; else the one whose id or name server is the host's name. When that does not
 * name exactly one, reports why, with the sites and the host's addresses, and returns false.
 *
 * There is doubt where the host's addresses and its name, or the option, are those of different
 * sites, and where the host does not have the site's addresses, unless the option says that it is
 * that site: whoever is behind NAT should say so.
 */
bool self_find(const struct conf *conf, const struct self_host *host, const char *id,
               struct faults *faults, struct self *ret);

/*
 * The addresses to listen on for site, appended to the n that are in list; none twice, and at most
 * max in all. Returns how many there are then. For each family of the site's addresses: the
 * addresses themselves if at least one is local (the others may come later: they are bound all the
 * same); else, behind NAT, every local address that is neither loopback nor link-local; else the
 * addresses themselves.
 */
size_t self_listen_addresses(const struct conf_site *site, const struct self_host *host,
                             struct address *list, size_t n, size_t max);

#endif
