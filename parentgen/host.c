/* SPDX-License-Identifier: ISC */
#include "host.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/address.h"
#include "conf/conf.h"
#include "conf/special.h"

void host_id(char *text, size_t size)
{
    if (gethostname(text, size - 1) < 0)
        *text = '\0';
    text[size - 1] = '\0';
    text[strcspn(text, ".")] = '\0';
}

static bool take(const struct sockaddr *from, struct address *ret)
{
    struct address address = {.family = from ? from->sa_family : 0};

    if (address.family == AF_INET)
        memcpy(address.octets, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    else if (address.family == AF_INET6)
        memcpy(address.octets, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    else
        return false;
    *ret = address;
    return special_address(&address)->kind == SPECIAL_NONE;
}

void host_addresses(char *text, size_t size)
{
    struct ifaddrs *all = NULL;
    struct address address;
    size_t used = 0, n = 0;
    char one[ADDRESS_TEXT_MAX];

    *text = '\0';
    if (getifaddrs(&all) < 0)
        return;
    for (const struct ifaddrs *each = all; each && n < CONF_SITE_ADDRESSES_MAX;
         each = each->ifa_next)
        if (take(each->ifa_addr, &address) && used + ADDRESS_TEXT_MAX < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", n++ ? " " : "",
                                     address_text(&address, one));
    freeifaddrs(all);
}

static bool accepts(const char *text)
{
    struct endpoint endpoint;
    struct sockaddr_storage to;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool yes = false;

    /* On the loopback interface the answer is there when connect() returns. */
    if (fd >= 0 && endpoint_parse_colon(text, &endpoint)) {
        socklen_t length = endpoint_sockaddr(&endpoint, &to);

        yes = connect(fd, (const struct sockaddr *)&to, length) == 0;
        if (!yes)
            yes = connect(fd, (const struct sockaddr *)&to, length) == 0;
    }
    if (fd >= 0)
        close(fd);
    return yes;
}

const char *host_url(void)
{
    if (accepts("127.0.0.1:80"))
        return "http://127.0.0.1/";
    return accepts("127.0.0.1:443") ? "https://127.0.0.1/" : NULL;
}
