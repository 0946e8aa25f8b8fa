/* SPDX-License-Identifier: ISC */
#include "self.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/fault.h"
#include "conf/input.h"

enum { GROWTH = 64 };

static bool has_address(const struct self_host *host, const struct address *address)
{
    for (size_t i = 0; i < host->n; i++)
        if (address_is_equal(&host->address[i], address))
            return true;
    return false;
}

/* Appends an address; host is allocated anew where it is full. */
static int add_address(struct self_host **host, const struct address *address)
{
    size_t n = (*host)->n;
    struct self_host *larger;

    if (n == SELF_ADDRESSES_MAX)
        return 0;
    if (n % GROWTH == 0) {
        larger = realloc(*host, sizeof **host + (n + GROWTH) * sizeof *address);
        if (!larger)
            return -ENOMEM;
        *host = larger;
    }
    (*host)->address[(*host)->n++] = *address;
    return 0;
}

/* Asks for the IPv4 addresses with room for n of them. ret: to be freed. Returns how many there are
 * room for, if that is n there may be more, or -errno. */
static ssize_t ask_ipv4(int fd, size_t n, struct ifreq **ret)
{
    struct ifconf list = {.ifc_len = (int)(n * sizeof **ret), .ifc_req = calloc(n, sizeof **ret)};
    int r;

    if (!list.ifc_req)
        return -ENOMEM;
    if (ioctl(fd, SIOCGIFCONF, &list) < 0) {
        r = -errno;
        free(list.ifc_req);
        return r;
    }
    *ret = list.ifc_req;
    return (ssize_t)((size_t)list.ifc_len / sizeof **ret);
}

static ssize_t ask_all_ipv4(int fd, struct ifreq **ret)
{
    ssize_t n = GROWTH, found;

    while ((found = ask_ipv4(fd, (size_t)n, ret)) == n && n < SELF_ADDRESSES_MAX) {
        free(*ret);
        n *= 2;
    }
    return found;
}

static int read_ipv4(struct self_host **host)
{
    struct ifreq *found = NULL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;
    ssize_t n = fd < 0 ? -errno : ask_all_ipv4(fd, &found);

    for (ssize_t i = 0; r == 0 && i < n; i++) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&found[i].ifr_addr;
        struct address address = {.family = AF_INET};

        memcpy(address.octets, &in->sin_addr, 4);
        r = add_address(host, &address);
    }
    free(found);
    if (fd >= 0)
        close(fd);
    return n < 0 && n != -EAFNOSUPPORT ? (int)n : r;
}

/* proc_pid_net(5), if_inet6: each line begins with an address, in hexadecimal without colons. A
 * kernel without IPv6 has no such file. The sandbox of the unit hides /proc/net, but not that of a
 * process. */
static int read_ipv6(struct self_host **host)
{
    FILE *in = fopen("/proc/self/net/if_inet6", "re");
    char line[128];
    int r = 0;

    if (!in)
        return input_is_shortage(errno) ? -errno : 0;
    while (r == 0 && fgets(line, sizeof line, in)) {
        struct address address = {.family = AF_INET6};
        int octets = 0;

        while (octets < 16 && sscanf(line + 2 * octets, "%2hhx", &address.octets[octets]) == 1)
            octets++;
        if (octets == 16)
            r = add_address(host, &address);
    }
    fclose(in);
    return r;
}

/* Not by getifaddrs(), which needs netlink sockets: one thing less that the service may do. Nor by
 * libuv, which leaves out interfaces without a carrier: a site that boots with its cable unplugged
 * must still find out which one it is. */
int self_host_read(struct self_host **ret)
{
    struct self_host *host = calloc(1, sizeof *host);
    int r;

    if (!host)
        return -ENOMEM;
    if (gethostname(host->name, sizeof host->name - 1) < 0)
        host->name[0] = '\0';
    r = read_ipv4(&host);
    if (r == 0)
        r = read_ipv6(&host);
    if (r == 0)
        *ret = host;
    else
        free(host);
    return r;
}

bool self_host_is_same(const struct self_host *a, const struct self_host *b)
{
    return a->n == b->n && !memcmp(a->address, b->address, a->n * sizeof a->address[0]);
}

static bool has_local_address(const struct conf_site *site, const struct self_host *host)
{
    for (size_t i = 0; i < site->address.n; i++)
        if (has_address(host, &site->address.at[i]))
            return true;
    return false;
}

/* Whether the host's name, with or without its domain, is the site's id or name server. */
static bool has_name(const struct conf_site *site, const struct self_host *host)
{
    size_t first = strcspn(host->name, ".");

    return !strcasecmp(host->name, site->id) || !strcasecmp(host->name, site->nameserver) ||
           (strlen(site->id) == first && !strncasecmp(host->name, site->id, first));
}

static void describe(const struct conf *conf, const struct self_host *host, char *text, size_t size)
{
    char address[ADDRESS_TEXT_MAX];
    size_t used = (size_t)snprintf(text, size, "sites:");

    for (size_t i = 0; i < conf->n_sites && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, " %s (%s)", conf->sites[i].id,
                                 address_text(&conf->sites[i].address.at[0], address));
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "; this host: %s, with", host->name);
    for (size_t i = 0; i < host->n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, " %s",
                                 address_text(&host->address[i], address));
}

typedef bool (*match_fn)(const struct conf_site *site, const struct self_host *host);

/* The last of them; ret_n: how many there are. */
static const struct conf_site *find_matching(const struct conf *conf, const struct self_host *host,
                                             match_fn matches, unsigned *ret_n)
{
    const struct conf_site *found = NULL;

    *ret_n = 0;
    for (size_t i = 0; i < conf->n_sites; i++)
        if (matches(&conf->sites[i], host)) {
            found = &conf->sites[i];
            ++*ret_n;
        }
    return found;
}

static const struct conf_site *find(const struct conf *conf, const struct self_host *host,
                                    const char *id, struct faults *faults)
{
    char known[600];
    const struct conf_site *site;
    unsigned n = 0;

    if (id) {
        site = conf_find_site(conf, id);
        n = site != NULL;
    } else {
        site = find_matching(conf, host, has_local_address, &n);
        if (n == 0)
            site = find_matching(conf, host, has_name, &n);
    }
    if (n == 1)
        return site;
    describe(conf, host, known, sizeof known);
    fault_report(faults, conf->path, 0, "%s%s; %s",
                 n > 1 ? "more than one site has an address or the name of this host"
                 : id  ? "there is no site "
                       : "no site has an address or the name of this host",
                 id && n == 0 ? id : "; say which it is with --site ID", known);
    return NULL;
}

/* An address of site that this host has, or does not have; NULL: none is so. */
static const struct address *find_address(const struct conf_site *site,
                                          const struct self_host *host, bool local)
{
    for (size_t i = 0; i < site->address.n; i++)
        if (has_address(host, &site->address.at[i]) == local)
            return &site->address.at[i];
    return NULL;
}

/* Known by its address, but something does not fit. */
static void doubt_address(const struct conf *conf, const struct self_host *host, struct self *self)
{
    const struct address *known = find_address(self->site, host, true),
                         *missing = find_address(self->site, host, false);
    char text[ADDRESS_TEXT_MAX];
    unsigned n;
    const struct conf_site *named = find_matching(conf, host, has_name, &n);

    if (n > 0 && !has_name(self->site, host))
        snprintf(self->doubt, sizeof self->doubt,
                 "this host has %s, an address of site %s, but its name, %s, is that of site %s: "
                 "are the addresses in the site file swapped?",
                 address_text(known, text), self->site->id, host->name, named->id);
    else if (missing)
        snprintf(self->doubt, sizeof self->doubt,
                 "%s, an address of site %s, is not on this host: right only behind NAT, or if it "
                 "comes later",
                 address_text(missing, text), self->site->id);
}

static void doubt_option(const struct conf *conf, const struct self_host *host, struct self *self)
{
    char text[ADDRESS_TEXT_MAX];
    unsigned n;
    const struct conf_site *other = find_matching(conf, host, has_local_address, &n);

    if (n > 0 && !has_local_address(self->site, host))
        snprintf(self->doubt, sizeof self->doubt,
                 "--site says that this host is site %s, but it has %s, an address of site %s",
                 self->site->id, address_text(find_address(other, host, true), text), other->id);
}

static void doubt_name(const struct self_host *host, struct self *self)
{
    char text[ADDRESS_TEXT_MAX];

    snprintf(self->doubt, sizeof self->doubt,
             "%s, the address of site %s, is not on this host, which is known by its name, %s: "
             "right only behind NAT; say so with --site %s",
             address_text(&self->site->address.at[0], text), self->site->id, host->name,
             self->site->id);
}

bool self_find(const struct conf *conf, const struct self_host *host, const char *id,
               struct faults *faults, struct self *ret)
{
    struct self self = {.site = find(conf, host, id, faults)};
    char text[ADDRESS_TEXT_MAX];

    if (!self.site)
        return false;
    if (id) {
        strcpy(self.by, "by --site");
        doubt_option(conf, host, &self);
    } else if (has_local_address(self.site, host)) {
        snprintf(self.by, sizeof self.by, "by its address, %s",
                 address_text(find_address(self.site, host, true), text));
        doubt_address(conf, host, &self);
    } else {
        snprintf(self.by, sizeof self.by, "by the name of this host, %s", host->name);
        doubt_name(host, &self);
    }
    *ret = self;
    return true;
}

static bool is_global(const struct address *a)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (a->family == AF_INET)
        return a->octets[0] != 127 && !(a->octets[0] == 169 && a->octets[1] == 254);
    return memcmp(a->octets, loopback, sizeof loopback) != 0 &&
           !(a->octets[0] == 0xfe && (a->octets[1] & 0xc0) == 0x80);
}

/* Addresses, none of them twice. */
struct list {
    struct address *at;
    size_t n, max;
};

static void list_add(struct list *list, const struct address *address)
{
    for (size_t i = 0; i < list->n; i++)
        if (address_is_equal(&list->at[i], address))
            return;
    if (list->n < list->max)
        list->at[list->n++] = *address;
}

static void listen_family(const struct conf_site *site, const struct self_host *host, int family,
                          struct list *list)
{
    bool wanted = false, local = false, translated = false;

    for (size_t i = 0; i < site->address.n; i++)
        if (site->address.at[i].family == family) {
            wanted = true;
            local = local || has_address(host, &site->address.at[i]);
        }
    for (size_t i = 0; wanted && !local && i < host->n; i++)
        if (host->address[i].family == family && is_global(&host->address[i])) {
            list_add(list, &host->address[i]);
            translated = true;
        }
    for (size_t i = 0; wanted && !translated && i < site->address.n; i++)
        if (site->address.at[i].family == family)
            list_add(list, &site->address.at[i]);
}

size_t self_listen_addresses(const struct conf_site *site, const struct self_host *host,
                             struct address *at, size_t n, size_t max)
{
    struct list list = {at, n, max};

    listen_family(site, host, AF_INET, &list);
    listen_family(site, host, AF_INET6, &list);
    return list.n;
}
