/* SPDX-License-Identifier: ISC */
/*
 * address: an IPv4 or IPv6 address, with or without a port; how it is written and how the system
 * wants it.
 *
 * Pure, but for the last one no function knows of sockets.
 */
#ifndef SITENS_CONF_ADDRESS_H
#define SITENS_CONF_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT_MAX = 46 }; /* INET6_ADDRSTRLEN */

/* All octets that are not used are zero. */
struct address {
    int family;         /* AF_INET or AF_INET6; 0: not set */
    uint8_t octets[16]; /* network order; the first 4 for AF_INET */
};

struct endpoint {
    struct address address; /* family 0: not set */
    uint16_t port;
};

/* Parses an address in its usual text form; no port, no scope. False: it is none, and *ret is
 * untouched. So it is with the others. */
bool address_parse(const char *text, struct address *ret);

/* The text form of address, "-" if it is not set; buffer holds ADDRESS_TEXT_MAX octets. Returns
 * buffer. */
const char *address_text(const struct address *address, char *buffer);

bool address_is_equal(const struct address *a, const struct address *b);

/* Whether the two are of one family and share the first bits bits. */
bool address_is_within(const struct address *address, const struct address *prefix, unsigned bits);

/* Whether it is 0.0.0.0 or `::`, which stands for all of a host's. */
bool address_is_wildcard(const struct address *address);

/* Parses ADDRESS or ADDRESS@PORT, as options have it; port is the one if none is given. */
bool endpoint_parse(const char *text, uint16_t port, struct endpoint *ret);

/* Parses ADDRESS:PORT, as the site file and URLs have it; an IPv6 address stands in brackets. */
bool endpoint_parse_colon(const char *text, struct endpoint *ret);

bool endpoint_is_equal(const struct endpoint *a, const struct endpoint *b);

/* Fills in the socket address of an endpoint that is set. Returns its length. */
socklen_t endpoint_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *ret);

#endif
