/* SPDX-License-Identifier: ISC */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "value.h"

_Static_assert(ADDRESS_TEXT_MAX == INET6_ADDRSTRLEN, "the longest text of an address");

bool address_parse(const char *text, struct address *ret)
{
    struct address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

    if (inet_pton(address.family, text, address.octets) != 1)
        return false;
    *ret = address;
    return true;
}

const char *address_text(const struct address *address, char *buffer)
{
    if (!inet_ntop(address->family, address->octets, buffer, ADDRESS_TEXT_MAX))
        strcpy(buffer, "-");
    return buffer;
}

bool address_is_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && !memcmp(a->octets, b->octets, sizeof a->octets);
}

bool address_is_within(const struct address *a, const struct address *prefix, unsigned bits)
{
    unsigned whole = bits / 8;
    uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

    return a->family == prefix->family && !memcmp(a->octets, prefix->octets, whole) &&
           (bits % 8 == 0 || ((a->octets[whole] ^ prefix->octets[whole]) & mask) == 0);
}

bool address_is_wildcard(const struct address *address)
{
    return address_is_equal(address, &(struct address){.family = address->family});
}

/* The first length octets of text are the address, and port is the rest; NULL: as *ret has it. */
static bool parse_parts(const char *text, size_t length, const char *port, struct endpoint *ret)
{
    struct endpoint endpoint = *ret;
    char address[ADDRESS_TEXT_MAX];
    uint32_t number = endpoint.port;

    if (length >= sizeof address || (port && !value_number(port, 1, UINT16_MAX, &number)))
        return false;
    snprintf(address, sizeof address, "%.*s", (int)length, text);
    if (!address_parse(address, &endpoint.address))
        return false;
    endpoint.port = (uint16_t)number;
    *ret = endpoint;
    return true;
}

bool endpoint_parse(const char *text, uint16_t port, struct endpoint *ret)
{
    struct endpoint endpoint = {.port = port};
    size_t length = strcspn(text, "@");

    if (!parse_parts(text, length, text[length] ? text + length + 1 : NULL, &endpoint))
        return false;
    *ret = endpoint;
    return true;
}

bool endpoint_parse_colon(const char *text, struct endpoint *ret)
{
    struct endpoint endpoint = {0};
    const char *colon = strrchr(text, ':');
    bool bracketed = colon && text[0] == '[' && colon - text > 2 && colon[-1] == ']';

    if (!colon || !parse_parts(text + bracketed, (size_t)(colon - text) - 2 * bracketed, colon + 1,
                               &endpoint))
        return false;
    if (bracketed != (endpoint.address.family == AF_INET6))
        return false;
    *ret = endpoint;
    return true;
}

bool endpoint_is_equal(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && address_is_equal(&a->address, &b->address);
}

socklen_t endpoint_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *ret)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

    memset(ret, 0, sizeof *ret);
    ret->ss_family = (sa_family_t)endpoint->address.family;
    if (endpoint->address.family == AF_INET) {
        v4->sin_port = htons(endpoint->port);
        memcpy(&v4->sin_addr, endpoint->address.octets, sizeof v4->sin_addr);
        return sizeof *v4;
    }
    v6->sin6_port = htons(endpoint->port);
    memcpy(&v6->sin6_addr, endpoint->address.octets, sizeof v6->sin6_addr);
    return sizeof *v6;
}
