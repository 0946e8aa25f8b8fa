/* SPDX-License-Identifier: ISC */
/* dns: the numbers of the DNS that those who answer and those who ask share. */
#ifndef SITENS_CONF_DNS_H
#define SITENS_CONF_DNS_H

enum {
    DNS_PORT = 53,       /* RFC 1035 section 4.2 */
    DNS_UDP_PLAIN = 512, /* what everyone can receive without EDNS: RFC 1035 section 2.3.4 */
    DNS_UDP_EDNS = 1232, /* fits an unfragmented IPv6 packet, and what is announced: RFC 9715 */
};

#endif
