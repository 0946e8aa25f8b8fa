/* SPDX-License-Identifier: ISC */
#include "special.h"

#include <stddef.h>

#include "name.h"

/* SPECIAL_NEVER is what the registries say is no destination (but for loopback and documentation,
 * of which labs are made), what is thrown away, and what is no address of one host by itself. */
static const struct special addresses[] = {
    /* clang-format off */
    {"0.0.0.0", 0, SPECIAL_NONE, NULL},
    {"0.0.0.0", 8, SPECIAL_NEVER, "of `this network`, where no host is (RFC 791)"},
    {"10.0.0.0", 8, SPECIAL_PRIVATE, "private (RFC 1918)"},
    {"100.64.0.0", 10, SPECIAL_PRIVATE, "behind a provider's NAT (RFC 6598)"},
    {"127.0.0.0", 8, SPECIAL_PRIVATE, "a loopback address"},
    {"169.254.0.0", 16, SPECIAL_PRIVATE, "link-local"},
    {"172.16.0.0", 12, SPECIAL_PRIVATE, "private (RFC 1918)"},
    {"192.0.0.0", 24, SPECIAL_NEVER, "for protocols, not for hosts (RFC 6890)"},
    {"192.0.0.0", 29, SPECIAL_PRIVATE, "for DS-Lite and its like, inside one network (RFC 7335)"},
    {"192.0.0.8", 32, SPECIAL_NEVER, "the dummy address, which nobody answers at (RFC 7600)"},
    {"192.0.0.9", 32, SPECIAL_RESERVED, "the anycast address of PCP (RFC 7723)"},
    {"192.0.0.10", 32, SPECIAL_RESERVED, "the anycast address of TURN (RFC 8155)"},
    {"192.0.2.0", 24, SPECIAL_DOCUMENTATION, "for documentation (RFC 5737)"},
    {"192.31.196.0", 24, SPECIAL_RESERVED, "of AS112 (RFC 7535)"},
    {"192.52.193.0", 24, SPECIAL_RESERVED, "for multicast tunnels, AMT (RFC 7450)"},
    {"192.88.99.0", 24, SPECIAL_RESERVED, "of the 6to4 relays, which are gone (RFC 7526)"},
    {"192.168.0.0", 16, SPECIAL_PRIVATE, "private (RFC 1918)"},
    {"192.175.48.0", 24, SPECIAL_RESERVED, "of AS112 (RFC 7534)"},
    {"198.18.0.0", 15, SPECIAL_PRIVATE, "for benchmarks (RFC 2544)"},
    {"198.51.100.0", 24, SPECIAL_DOCUMENTATION, "for documentation (RFC 5737)"},
    {"203.0.113.0", 24, SPECIAL_DOCUMENTATION, "for documentation (RFC 5737)"},
    {"224.0.0.0", 4, SPECIAL_NEVER, "a multicast address (RFC 5771)"},
    {"240.0.0.0", 4, SPECIAL_NEVER, "reserved, and no host takes it (RFC 1112)"},
    {"255.255.255.255", 32, SPECIAL_NEVER, "the broadcast address (RFC 919)"},

    {"::", 0, SPECIAL_RESERVED, "outside 2000::/3, all that is given to networks (RFC 4291)"},
    {"2000::", 3, SPECIAL_NONE, NULL},
    {"::", 96, SPECIAL_RESERVED, "IPv4-compatible, which is deprecated (RFC 4291)"},
    {"::", 128, SPECIAL_NEVER, "the unspecified address (RFC 4291)"},
    {"::1", 128, SPECIAL_PRIVATE, "a loopback address"},
    {"::ffff:0.0.0.0", 96, SPECIAL_NEVER, "IPv4-mapped: write the IPv4 address by itself (RFC 4291)"},
    {"64:ff9b::", 96, SPECIAL_RESERVED, "for translation from IPv4, NAT64, by each network itself (RFC 6052)"},
    {"64:ff9b:1::", 48, SPECIAL_PRIVATE, "for translation from IPv4, NAT64, inside one network (RFC 8215)"},
    {"100::", 64, SPECIAL_NEVER, "of the discard prefix, where packets are thrown away (RFC 6666)"},
    {"100:0:0:1::", 64, SPECIAL_NEVER, "of the dummy prefix, where nobody answers (RFC 9780)"},
    {"2001::", 23, SPECIAL_NEVER, "for protocols, not for hosts (RFC 2928)"},
    {"2001::", 32, SPECIAL_RESERVED, "of Teredo, whose relays are gone (RFC 4380)"},
    {"2001:1::1", 128, SPECIAL_RESERVED, "the anycast address of PCP (RFC 7723)"},
    {"2001:1::2", 128, SPECIAL_RESERVED, "the anycast address of TURN (RFC 8155)"},
    {"2001:1::3", 128, SPECIAL_RESERVED, "the anycast address of DNS-SD registration (RFC 9665)"},
    {"2001:2::", 48, SPECIAL_PRIVATE, "for benchmarks (RFC 5180)"},
    {"2001:3::", 32, SPECIAL_RESERVED, "for multicast tunnels, AMT (RFC 7450)"},
    {"2001:4:112::", 48, SPECIAL_RESERVED, "of AS112 (RFC 7535)"},
    {"2001:10::", 28, SPECIAL_RESERVED, "an identifier, ORCHID, not an address (RFC 4843)"},
    {"2001:20::", 28, SPECIAL_RESERVED, "an identifier, ORCHIDv2, not an address (RFC 7343)"},
    {"2001:30::", 28, SPECIAL_RESERVED, "for identifiers of drones, DRIP (RFC 9374)"},
    {"2001:db8::", 32, SPECIAL_DOCUMENTATION, "for documentation (RFC 3849)"},
    {"2002::", 16, SPECIAL_RESERVED, "of 6to4, whose relays are gone (RFC 7526)"},
    {"2620:4f:8000::", 48, SPECIAL_RESERVED, "of AS112 (RFC 7534)"},
    {"3fff::", 20, SPECIAL_DOCUMENTATION, "for documentation (RFC 9637)"},
    {"5f00::", 16, SPECIAL_PRIVATE, "for segment routing, SRv6, inside one network (RFC 9602)"},
    {"fc00::", 7, SPECIAL_PRIVATE, "unique local (RFC 4193)"},
    {"fe80::", 10, SPECIAL_NEVER, "link-local, which no client reaches without a scope (RFC 4007)"},
    {"fec0::", 10, SPECIAL_PRIVATE, "site-local, which is deprecated (RFC 3879)"},
    {"ff00::", 8, SPECIAL_NEVER, "a multicast address (RFC 4291)"},
    /* clang-format on */
};

#define PRIVATE_REVERSE "the reverse zone of private addresses (RFC 6761)"

/* SPECIAL_NEVER is what resolvers and clients answer by themselves, or must not look up at all. */
static const struct special names[] = {
    {"6tisch.arpa", 0, SPECIAL_RESERVED, "for a protocol of its own (RFC 9031)"},
    {"alt", 0, SPECIAL_NEVER, "not looked up in the DNS (RFC 9476)"},
    {"eap.arpa", 0, SPECIAL_RESERVED, "for a protocol of its own, EAP"},
    {"eap-noob.arpa", 0, SPECIAL_RESERVED, "for a protocol of its own, EAP (RFC 9140)"},
    {"10.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"16.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"17.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"18.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"19.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"20.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"21.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"22.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"23.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"24.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"25.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"26.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"27.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"28.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"29.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"30.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"31.172.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"168.192.in-addr.arpa", 0, SPECIAL_PRIVATE, PRIVATE_REVERSE},
    {"254.169.in-addr.arpa", 0, SPECIAL_PRIVATE, "for multicast DNS (RFC 6762)"},
    {"170.0.0.192.in-addr.arpa", 0, SPECIAL_PRIVATE, "for NAT64 discovery (RFC 8880)"},
    {"171.0.0.192.in-addr.arpa", 0, SPECIAL_PRIVATE, "for NAT64 discovery (RFC 8880)"},
    {"8.e.f.ip6.arpa", 0, SPECIAL_PRIVATE, "for multicast DNS (RFC 6762)"},
    {"9.e.f.ip6.arpa", 0, SPECIAL_PRIVATE, "for multicast DNS (RFC 6762)"},
    {"a.e.f.ip6.arpa", 0, SPECIAL_PRIVATE, "for multicast DNS (RFC 6762)"},
    {"b.e.f.ip6.arpa", 0, SPECIAL_PRIVATE, "for multicast DNS (RFC 6762)"},
    {"example", 0, SPECIAL_DOCUMENTATION, "for documentation (RFC 6761)"},
    {"example.com", 0, SPECIAL_DOCUMENTATION, "for documentation (RFC 6761)"},
    {"example.net", 0, SPECIAL_DOCUMENTATION, "for documentation (RFC 6761)"},
    {"example.org", 0, SPECIAL_DOCUMENTATION, "for documentation (RFC 6761)"},
    {"home.arpa", 0, SPECIAL_PRIVATE, "for home networks (RFC 8375)"},
    {"internal", 0, SPECIAL_PRIVATE, "for private networks (reserved by ICANN)"},
    {"invalid", 0, SPECIAL_NEVER, "for names that never exist (RFC 6761)"},
    {"ipv4only.arpa", 0, SPECIAL_NEVER,
     "for NAT64 discovery, and resolvers answer it themselves (RFC 8880)"},
    {"local", 0, SPECIAL_PRIVATE, "for multicast DNS (RFC 6762)"},
    {"localhost", 0, SPECIAL_NEVER, "each host's own, and not looked up in the DNS (RFC 6761)"},
    {"onion", 0, SPECIAL_NEVER, "for Tor, and not looked up in the DNS (RFC 7686)"},
    {"resolver.arpa", 0, SPECIAL_NEVER,
     "for discovery, and resolvers answer it themselves (RFC 9462)"},
    {"service.arpa", 0, SPECIAL_PRIVATE, "for service registration inside one network (RFC 9665)"},
    {"test", 0, SPECIAL_PRIVATE, "for tests (RFC 6761)"},
};

const struct special *special_address(const struct address *address)
{
    const struct special *found = NULL;

    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const struct special *s = &addresses[i];
        struct address prefix;

        if (address_parse(s->entry, &prefix) && address_is_within(address, &prefix, s->bits) &&
            (!found || found->bits <= s->bits))
            found = s;
    }
    return found;
}

const struct special *special_name(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name_is_within(name, names[i].entry))
            return &names[i];
    return NULL;
}
