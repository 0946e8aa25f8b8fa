/* SPDX-License-Identifier: ISC */
#include "dns_fixture.h"

#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/wire.h"
#include "dns/zone.h"

#define IN_ZONE "[site dc9]\nnameserver = ns.in.get.example.org\naddress = 192.0.2.90\n"

static bool lookup(const struct table *t, const char *name, uint16_t type, struct table_match *ret)
{
    ldns_rdf *wire = ldns_dname_new_frm_str(name);
    bool found = table_lookup(t, ldns_rdf_data(wire), ldns_rdf_size(wire), type, false, ret);

    ldns_rdf_deep_free(wire);
    return found;
}

static int rcode(const struct table *t, const char *name, uint16_t type)
{
    struct table_match match;

    return lookup(t, name, type, &match) ? match.answer->rcode : -1;
}

static unsigned answers(const struct table *t, const char *name, uint16_t type)
{
    struct table_match match;

    assert_true(lookup(t, name, type, &match));
    return wire_get16(match.answer->counts + WIRE_COUNTS_AN);
}

static void finds_what_is_there(void **state)
{
    struct table *t =
        dns_table(state, ZONE SITE IN_ZONE CHECK, "a.b TXT x\nwww CNAME get.example.org.\n");

    assert_int_equal(answers(t, "get.example.org.", LDNS_RR_TYPE_A), 1);
    assert_int_equal(answers(t, "get.example.org.", LDNS_RR_TYPE_AAAA), 0);
    assert_int_equal(answers(t, "get.example.org.", LDNS_RR_TYPE_NS), 2);
    assert_int_equal(answers(t, "ns.in.get.example.org.", LDNS_RR_TYPE_A), 1);
    assert_int_equal(answers(t, "a.b.get.example.org.", LDNS_RR_TYPE_TXT), 1);
    assert_int_equal(answers(t, "www.get.example.org.", LDNS_RR_TYPE_A), 2);
    assert_int_equal(answers(t, "www.get.example.org.", LDNS_RR_TYPE_MX), 1);
    table_free(t);
}

static void tells_what_is_not_there(void **state)
{
    struct table *t = dns_table(state, ZONE SITE IN_ZONE CHECK, "a.b TXT x\n");

    assert_int_equal(rcode(t, "in.get.example.org.", LDNS_RR_TYPE_A), WIRE_NOERROR);
    assert_int_equal(rcode(t, "b.get.example.org.", LDNS_RR_TYPE_A), WIRE_NOERROR);
    assert_int_equal(rcode(t, "x.get.example.org.", LDNS_RR_TYPE_A), WIRE_NXDOMAIN);
    assert_int_equal(rcode(t, "x.a.b.get.example.org.", LDNS_RR_TYPE_A), WIRE_NXDOMAIN);
    assert_int_equal(rcode(t, "example.org.", LDNS_RR_TYPE_A), -1);
    assert_int_equal(rcode(t, "xget.example.org.", LDNS_RR_TYPE_A), -1);
    assert_int_equal(rcode(t, ".", LDNS_RR_TYPE_NS), -1);
    table_free(t);
}

/* A name that differs only by what bit 5 changes in octets that are no letters is another name. */
static void folds_letters_only(void **state)
{
    struct table *t = dns_table(state, ZONE SITE CHECK, "a{b TXT x\n\\001x TXT y\n");

    assert_int_equal(rcode(t, "A{B.GET.example.ORG.", LDNS_RR_TYPE_TXT), WIRE_NOERROR);
    assert_int_equal(rcode(t, "a[b.get.example.org.", LDNS_RR_TYPE_TXT), WIRE_NXDOMAIN);
    assert_int_equal(rcode(t, "\\001X.get.example.org.", LDNS_RR_TYPE_TXT), WIRE_NOERROR);
    assert_int_equal(rcode(t, "!x.get.example.org.", LDNS_RR_TYPE_TXT), WIRE_NXDOMAIN);
    table_free(t);
}

/* Names shorter than what is compared at a time. */
static void short_names(void **state)
{
    struct table *t = dns_table(state, "[zone]\nname = a.io\n" SITE CHECK, NULL);

    assert_int_equal(rcode(t, "a.io.", LDNS_RR_TYPE_A), WIRE_NOERROR);
    assert_int_equal(rcode(t, "A.iO.", LDNS_RR_TYPE_A), WIRE_NOERROR);
    assert_int_equal(rcode(t, "A.ip.", LDNS_RR_TYPE_A), -1);
    assert_int_equal(rcode(t, "io.", LDNS_RR_TYPE_A), -1);
    table_free(t);
}

/* A name that has the hash of another, found by trying some five billion. (It has not where the
 * most significant octet comes first.) */
static void names_of_one_hash(void **state)
{
    static const uint8_t known[] = "\3get\7example\3org", other[] = "\10ia52xzea\7example\3org";
    struct table *t = dns_table(state, ZONE SITE CHECK, NULL);

    if (htole32(1) == 1)
        assert_int_equal(table_hash(known, sizeof known), table_hash(other, sizeof other));
    assert_int_equal(rcode(t, "ia52xzea.example.org.", LDNS_RR_TYPE_A), -1);
    table_free(t);
}

static void random_name(uint32_t *seed, char *name)
{
    unsigned labels = test_random(seed) % 5;

    for (unsigned i = 0; i < labels; i++) {
        unsigned length = 1 + test_random(seed) % 12;

        while (length--)
            *name++ = "abcxyzABCXYZ019-_"[test_random(seed) % 17];
        *name++ = '.';
    }
    strcpy(name, "GeT.example.ORG.");
}

/* Whatever the length of the question, ldns can read the response, and its SOA is the zone's. */
static void pointers_fit_any_question(void **state)
{
    struct table *t = dns_table(state, ZONE SITE IN_ZONE CHECK, NULL);
    uint32_t seed = 20151105;

    for (unsigned i = 0; i < 2000; i++) {
        uint8_t packet[RESPOND_UDP_BUFFER];
        char name[128];
        ldns_pkt *response;
        ldns_rr *soa;
        size_t length;

        random_name(&seed, name);
        length = dns_respond(t, packet, dns_query(packet, name, LDNS_RR_TYPE_MX));
        assert_int_equal(ldns_wire2pkt(&response, packet, length), LDNS_STATUS_OK);
        assert_int_equal(ldns_pkt_nscount(response), 1);
        soa = ldns_rr_list_rr(ldns_pkt_authority(response), 0);
        ldns_rr2canonical(soa);
        char *text = ldns_rr2str(soa);
        assert_non_null(strstr(text, "get.example.org.\t60\tIN\tSOA\tget.dc2.example.org. "
                                     "hostmaster.example.org. "));
        free(text);
        ldns_pkt_free(response);
    }
    table_free(t);
}

static void random_wire_name(uint32_t *seed, uint8_t *out)
{
    unsigned labels = test_random(seed) % 6;

    while (labels--) {
        uint8_t length = (uint8_t)(1 + test_random(seed) % 4);

        *out++ = length;
        while (length--)
            *out++ = (uint8_t) "aAbB\0\x01*[{z"[test_random(seed) % 10];
    }
    *out = 0;
}

/* Labels may hold NUL octets: the name ends at the label of length 0. */
static ldns_rdf *as_rdf(const uint8_t *name)
{
    size_t size = 0;

    while (name[size])
        size += name[size] + 1U;
    return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, size + 1, name);
}

static int sign_of(int n)
{
    return (n > 0) - (n < 0);
}

static void orders_names_as_ldns_does(void **state)
{
    uint32_t seed = 4034;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t a[64], b[64];
        ldns_rdf *x, *y;

        random_wire_name(&seed, a);
        random_wire_name(&seed, b);
        x = as_rdf(a);
        y = as_rdf(b);
        assert_int_equal(sign_of(table_compare_names(a, b)), sign_of(ldns_dname_compare(x, y)));
        ldns_rdf_deep_free(x);
        ldns_rdf_deep_free(y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(finds_what_is_there),         CONF_FILE_TEST(tells_what_is_not_there),
        CONF_FILE_TEST(folds_letters_only),          CONF_FILE_TEST(short_names),
        CONF_FILE_TEST(names_of_one_hash),           CONF_FILE_TEST(pointers_fit_any_question),
        cmocka_unit_test(orders_names_as_ldns_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
