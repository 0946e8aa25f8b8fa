/* SPDX-License-Identifier: ISC */
/*
 * wire: numbers of the DNS wire format, and octets in network order. Source: RFC 1035 section 4.1
 * unless said otherwise.
 */
#ifndef SITENS_DNS_WIRE_H
#define SITENS_DNS_WIRE_H

#include <stdint.h>
#include <string.h>

#include "conf/dns.h"

enum {
    WIRE_HEADER_LENGTH = 12,
    WIRE_NAME_MAX = 255, /* octets of a name, the root label included */
    WIRE_LABEL_MAX = 63,
    WIRE_RR_FIXED = 10, /* type, class, TTL and RDLENGTH of a record */
    WIRE_UDP_MIN = DNS_UDP_PLAIN,
    WIRE_UDP_MAX = DNS_UDP_EDNS,
    WIRE_TCP_MAX = 65535,
    WIRE_OPT_LENGTH = 11, /* an OPT record without options */
    WIRE_COUNTS_LENGTH = 8,
};

/* Octets of the header. */
enum {
    WIRE_AT_FLAGS = 2,
    WIRE_AT_COUNTS = 4,
    WIRE_AT_QDCOUNT = WIRE_AT_COUNTS,
    WIRE_AT_ANCOUNT = 6,
    WIRE_AT_NSCOUNT = 8,
    WIRE_AT_ARCOUNT = 10
};

/* Octets of the counts. */
enum { WIRE_COUNTS_AN = WIRE_AT_ANCOUNT - WIRE_AT_COUNTS, WIRE_COUNTS_NS = WIRE_COUNTS_AN + 2 };

/* The first and the second octet of the flags. CD: RFC 4035 section 3.2.2. */
enum { WIRE_QR = 0x80, WIRE_OPCODE = 0x78, WIRE_AA = 0x04, WIRE_TC = 0x02, WIRE_RD = 0x01 };
enum { WIRE_CD = 0x10, WIRE_RCODE = 0x0f };

enum {
    WIRE_NOERROR = 0,
    WIRE_FORMERR = 1,
    WIRE_SERVFAIL = 2,
    WIRE_NXDOMAIN = 3,
    WIRE_NOTIMP = 4,
    WIRE_REFUSED = 5,
    WIRE_BADVERS = 16,   /* RFC 6891 section 9 */
    WIRE_BADCOOKIE = 23, /* RFC 7873 section 8 */
};

enum { WIRE_CLASS_IN = 1, WIRE_CLASS_CH = 3 };

/* EDNS options: RFC 5001 section 2, RFC 7873 section 4, RFC 8914 section 2. */
enum { WIRE_OPTION_NSID = 3, WIRE_OPTION_COOKIE = 10, WIRE_OPTION_EDE = 15 };

enum {
    WIRE_TYPE_A = 1,
    WIRE_TYPE_SOA = 6,
    WIRE_TYPE_TXT = 16,
    WIRE_TYPE_AAAA = 28,
    WIRE_TYPE_OPT = 41,
    WIRE_TYPE_META = 128, /* from here to 255 nothing is data: RFC 6895 section 3.1 */
    WIRE_TYPE_TKEY = 249,
    WIRE_TYPE_TSIG = 250,
    WIRE_TYPE_IXFR = 251,
    WIRE_TYPE_AXFR = 252,
    WIRE_TYPE_MAILB = 253,
    WIRE_TYPE_MAILA = 254,
    WIRE_TYPE_ANY = 255,
};

static inline uint16_t wire_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void wire_put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void wire_put32(uint8_t *at, uint32_t value)
{
    wire_put16(at, value >> 16);
    wire_put16(at + 2, value & 0xffff);
}

#endif
