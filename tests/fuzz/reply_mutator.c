/* SPDX-License-Identifier: ISC */
#include "reply_mutator.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000, DAY_S = 86400, CHANGES_MAX = 4 };

#define PICK(from, seed) (from)[(unsigned)rand_r(seed) % (sizeof(from) / sizeof *(from))]

static const char private_key[] = "Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\n"
                                  "PrivateKey: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\n";
enum { KEY_TAG = 27578 };

/* What parent and sites say of get.example.org, rightly and wrongly. */
static const char *const records[] = {
    "get.example.org. 3600 IN NS ns1.get.example.org.",
    "get.example.org. 3600 IN NS get.dc2.example.org.",
    "get.example.org. 3600 IN NS ns9.example.net.",
    "get.example.org. 3600 IN NS example.org.get.example.org.",
    "ns1.get.example.org. 3600 IN A 192.0.2.1",
    "ns1.get.example.org. 3600 IN A 192.0.2.99",
    "ns1.get.example.org. 3600 IN AAAA 2001:db8::1",
    "get.dc2.example.org. 3600 IN A 192.0.2.2",
    "get.dc2.example.org. 3600 IN AAAA 2001:db8::2",
    "get.dc2.example.org. 3600 IN CNAME get.dc2.example.net.",
    "get.example.org. 60 IN A 192.0.2.1",
    "get.example.org. 60 IN A 192.0.2.2",
    "get.example.org. 60 IN AAAA 2001:db8::1",
    "get.example.org. 60 IN SOA ns1.get.example.org. hostmaster.example.org. 1 14400 3600 604800 "
    "60",
    "get.example.org. 9 IN SOA ns1.get.example.org. hostmaster.example.org. 2 14400 3600 604800 5",
    "example.org. 60 IN SOA ns1.example.org. hostmaster.example.org. 1 14400 3600 604800 60",
    "org. 60 IN SOA ns1.example.org. hostmaster.example.org. 1 14400 3600 604800 60",
    "get.example.org. 3600 IN DNSKEY 257 3 13 axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/"
    "hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
    "get.example.org. 3600 IN DNSKEY 256 3 13 axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/"
    "hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
    "get.example.org. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
    "get.example.org. 3600 IN DNSKEY 257 3 8 AwEAAQ==",
    "get.example.org. 3600 IN DS 27578 13 2 "
    "0000000000000000000000000000000000000000000000000000000000000000",
    "get.example.org. 3600 IN DS 1 8 1 0000000000000000000000000000000000000000",
    "get.example.org. 60 IN CNAME www.example.org.",
    "example.org. 60 IN CNAME get.example.org.",
    "example.org. 60 IN DNAME example.net.",
    "get.example.org. 60 IN NSEC get.example.org. A NS SOA RRSIG NSEC DNSKEY",
    "get.example.org. 60 IN NSEC x.example.org. NS RRSIG NSEC",
    "example.org. 60 IN NSEC3PARAM 1 0 0 -",
    "*.example.org. 60 IN A 192.0.2.1",
    "get.example.org. 60 IN TXT \"text\"",
};
static const char *const names[] = {
    "get.example.org.",     "GET.example.org.",     "example.org.",      "org.", ".",
    "ns1.get.example.org.", "get.dc2.example.org.", "x.get.example.org."};
static const uint32_t ttls[] = {0, 1, 59, 60, 3600, DAY_S, INT32_MAX, UINT32_MAX};
/* Of signatures: from and until when, beside now. */
static const int64_t times[] = {-14 * DAY_S, -DAY_S, -3600, -1, 0, 60, 3599, 3600, 13 * DAY_S};

static ldns_rr *record(const char *text)
{
    ldns_rr *rr;

    if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK)
        abort();
    return rr;
}

static ldns_rdf *name(const char *text)
{
    ldns_rdf *made = ldns_dname_new_frm_str(text);

    if (!made)
        abort();
    return made;
}

static ldns_key *load_key(void)
{
    FILE *in = fmemopen((void *)private_key, strlen(private_key), "r");
    ldns_key *key;

    if (!in || ldns_key_new_frm_fp(&key, in) != LDNS_STATUS_OK)
        abort();
    fclose(in);
    return key;
}

/* One of the sections. */
static ldns_rr_list *section(const ldns_pkt *packet, unsigned *seed)
{
    ldns_rr_list *const sections[] = {ldns_pkt_answer(packet), ldns_pkt_answer(packet),
                                      ldns_pkt_authority(packet), ldns_pkt_additional(packet)};

    return PICK(sections, seed);
}

static void add(ldns_rr_list *list, unsigned *seed)
{
    ldns_rr_list_push_rr(list, record(PICK(records, seed)));
}

static void drop(ldns_rr_list *list, size_t at)
{
    ldns_rr_free(
        ldns_rr_list_set_rr(list, ldns_rr_list_rr(list, ldns_rr_list_rr_count(list) - 1), at));
    ldns_rr_list_pop_rr(list);
}

/* Any octet of any part. */
static void damage(const ldns_rr *rr, unsigned *seed)
{
    size_t n = ldns_rr_rd_count(rr);
    ldns_rdf *rdf = n ? ldns_rr_rdf(rr, (size_t)rand_r(seed) % n) : NULL;

    if (!rdf || !ldns_rdf_size(rdf) || ldns_rdf_get_type(rdf) == LDNS_RDF_TYPE_DNAME)
        return;
    ldns_rdf_data(rdf)[(size_t)rand_r(seed) % ldns_rdf_size(rdf)] = (uint8_t)rand_r(seed);
}

/* A signature of the RRset of rr, as the key makes it or somewhat beside that. */
static void sign(ldns_rr_list *list, const ldns_rr *rr, unsigned *seed)
{
    ldns_rr_list *rrset = ldns_rr_list_new(), *signatures;
    ldns_key_list *keys = ldns_key_list_new();
    ldns_key *key = load_key();

    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
        if (ldns_rr_get_type(ldns_rr_list_rr(list, i)) == ldns_rr_get_type(rr) &&
            ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(list, i)), ldns_rr_owner(rr)) == 0)
            ldns_rr_list_push_rr(rrset, ldns_rr_list_rr(list, i));
    ldns_key_set_pubkey_owner(key, name(rand_r(seed) % 4 ? names[0] : PICK(names, seed)));
    ldns_key_set_keytag(key, KEY_TAG);
    ldns_key_set_origttl(key, ldns_rr_ttl(rr));
    ldns_key_set_inception(key, (uint32_t)(NOW + PICK(times, seed)));
    ldns_key_set_expiration(key, (uint32_t)(NOW + PICK(times, seed)));
    ldns_key_list_push_key(keys, key);
    signatures = ldns_sign_public(rrset, keys);
    if (signatures)
        ldns_rr_list_push_rr_list(list, signatures);
    ldns_rr_list_free(signatures);
    ldns_rr_list_free(rrset);
    ldns_key_list_free(keys);
}

static void change_record(ldns_rr_list *list, unsigned *seed)
{
    size_t n = ldns_rr_list_rr_count(list), at = n ? (size_t)rand_r(seed) % n : 0;
    ldns_rr *rr = n ? ldns_rr_list_rr(list, at) : NULL;

    switch (n ? rand_r(seed) % 6 : 5) {
    case 0:
        drop(list, at);
        break;
    case 1:
        ldns_rr_set_ttl(rr, PICK(ttls, seed));
        break;
    case 2:
        ldns_rdf_deep_free(ldns_rr_owner(rr));
        ldns_rr_set_owner(rr, name(PICK(names, seed)));
        break;
    case 3:
        damage(rr, seed);
        break;
    case 4:
        sign(list, rr, seed);
        break;
    default:
        add(list, seed);
    }
}

static void change_header(ldns_pkt *packet, unsigned *seed)
{
    static const uint8_t rcodes[] = {LDNS_RCODE_NOERROR, LDNS_RCODE_NXDOMAIN, LDNS_RCODE_SERVFAIL,
                                     LDNS_RCODE_REFUSED, LDNS_RCODE_FORMERR};

    switch (rand_r(seed) % 4) {
    case 0:
        ldns_pkt_set_aa(packet, !ldns_pkt_aa(packet));
        break;
    case 1:
        ldns_pkt_set_tc(packet, !ldns_pkt_tc(packet));
        break;
    case 2:
        ldns_pkt_set_rcode(packet, PICK(rcodes, seed));
        break;
    default:
        ldns_pkt_set_edns_do(packet, !ldns_pkt_edns_do(packet));
    }
}

static ldns_pkt *new_reply(void)
{
    ldns_pkt *packet = ldns_pkt_query_new(name(names[0]), LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN, 0);

    if (!packet)
        abort();
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_aa(packet, true);
    return packet;
}

/* ldns writes the counts that it read. */
static void set_counts(ldns_pkt *packet)
{
    ldns_pkt_set_ancount(packet, (uint16_t)ldns_rr_list_rr_count(ldns_pkt_answer(packet)));
    ldns_pkt_set_nscount(packet, (uint16_t)ldns_rr_list_rr_count(ldns_pkt_authority(packet)));
    ldns_pkt_set_arcount(packet, (uint16_t)ldns_rr_list_rr_count(ldns_pkt_additional(packet)));
}

size_t reply_mutate(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    ldns_pkt *packet = NULL;
    uint8_t *wire = NULL;
    size_t length = 0;

    if (ldns_wire2pkt(&packet, data, size) != LDNS_STATUS_OK)
        packet = new_reply();
    for (int n = 1 + rand_r(&seed) % CHANGES_MAX; n > 0; n--) {
        if (rand_r(&seed) % 8)
            change_record(section(packet, &seed), &seed);
        else
            change_header(packet, &seed);
    }
    set_counts(packet);
    if (ldns_pkt2wire(&wire, packet, &length) != LDNS_STATUS_OK || length > max)
        length = 0;
    memcpy(data, wire ? wire : data, length);
    LDNS_FREE(wire);
    ldns_pkt_free(packet);
    return length;
}
