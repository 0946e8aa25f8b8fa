/* SPDX-License-Identifier: ISC */
/* What is made anew, what is shared, and what is kept when it fails. (test_sign looks at the
 * signatures themselves.) */
#include "signed_zone.h"

#include <stdlib.h>
#include <string.h>

#include "dns/keys.h"
#include "dns/sign.h"

#define KEY       "dnssec-key = k.private\n"
#define SITE6     "[site dc6]\nnameserver = get.dc6.example.org\naddress = 2001:db8::6\n"
#define SITE_BOTH "[site dc4]\nnameserver = ns4.example.org\naddress = 192.0.2.4 2001:db8::4\n"

static const time_t NOW = 1800000000, DAY = 86400;

static struct signed_zone load_signed(void **state)
{
    struct signed_zone z;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    z = signed_zone_load(state, ZONE KEY SITE SITE_BOTH SITE6 CHECK, NULL);
    assert_int_equal(signed_zone_make(&z, signed_zone_own(&z), NOW), 0);
    return z;
}

static void check_rrset(const struct signed_zone *z, const struct signed_rrset *rrset)
{
    if (rrset->records)
        assert_int_equal(
            ldns_verify_time(rrset->records, rrset->rrsigs, z->zone->keys->published, NOW, NULL),
            LDNS_STATUS_OK);
}

static const char *types_of(const ldns_rr *nsec)
{
    static char text[256];
    char *bitmap = ldns_rdf2str(ldns_nsec_get_bitmap(nsec));

    snprintf(text, sizeof text, "%s", bitmap);
    free(bitmap);
    return text;
}

/* The addresses of an RRset, separated by spaces. */
static const char *addresses_of(const ldns_rr_list *records)
{
    static char text[256];

    text[0] = '\0';
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        char *address = ldns_rdf2str(ldns_rr_rdf(ldns_rr_list_rr(records, i), 0));

        strcat(strcat(text, i ? " " : ""), address);
        free(address);
    }
    return text;
}

/* With another answer set only what hangs on it is made anew, valid for as long as the rest. */
static void another_answer_set(void **state)
{
    static const struct {
        struct answer_set set;
        const char *a, *aaaa, *exact;
    } rows[] = {
        {{1, 0}, "192.0.2.10", "", "A NS SOA RRSIG NSEC DNSKEY CDS CDNSKEY "},
        {{0, 4}, "", "2001:db8::6", "NS SOA AAAA RRSIG NSEC DNSKEY CDS CDNSKEY "},
        {{2, 2}, "192.0.2.4", "2001:db8::4", NULL},
        {{3, 2}, "192.0.2.10 192.0.2.4", "2001:db8::4", NULL},
        {{3, 6}, "192.0.2.10 192.0.2.4", "2001:db8::4 2001:db8::6", NULL},
        {{2, 0}, "192.0.2.4", "", "A NS SOA RRSIG NSEC DNSKEY CDS CDNSKEY "},
    };
    struct signed_zone z = load_signed(state);
    const struct version_signatures *signatures = z.version.signatures;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct version_addresses *now;

        assert_int_equal(signed_zone_make(&z, rows[i].set, NOW + 1000), 0);
        now = z.version.addresses;
        assert_ptr_equal(z.version.signatures, signatures);
        assert_true(answer_set_equal(now->set, rows[i].set));
        assert_string_equal(addresses_of(now->a.records), rows[i].a);
        assert_string_equal(addresses_of(now->aaaa.records), rows[i].aaaa);
        assert_int_equal(now->exact.records != NULL, rows[i].exact != NULL);
        if (rows[i].exact)
            assert_string_equal(types_of(ldns_rr_list_rr(now->exact.records, 0)), rows[i].exact);
        check_rrset(&z, &now->a);
        check_rrset(&z, &now->aaaa);
        check_rrset(&z, &now->exact);
        assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_expiration(ldns_rr_list_rr(
                             now->a.records ? now->a.rrsigs : now->aaaa.rrsigs, 0))),
                         sign_expiry(&z.version));
        assert_int_equal(signed_zone_make(&z, rows[i].set, NOW + 1000), 0);
        assert_ptr_equal(z.version.addresses, now); /* the same set again: nothing to do */
    }
    signed_zone_done(&z);
}

/* The site's own addresses come first, wherever its section stands. */
static void own_addresses_first(void **state)
{
    struct signed_zone z = signed_zone_load(state, ZONE SITE SITE_BOTH SITE6 CHECK, NULL);
    struct version made;

    assert_int_equal(version_make(z.zone, z.conf, &z.conf->sites[1], (struct answer_set){3, 6},
                                  NULL, NOW, &made),
                     0);
    assert_string_equal(addresses_of(made.addresses->a.records), "192.0.2.4 192.0.2.10");
    assert_string_equal(addresses_of(made.addresses->aaaa.records), "2001:db8::4 2001:db8::6");
    version_done(&made);
    signed_zone_done(&z);
}

/* What is given up has changed nothing, whatever part of it was new. */
static void discarded_version(void **state)
{
    const struct answer_set both = {2, 2};
    struct signed_zone z = load_signed(state);
    const struct version before = z.version;

    for (int i = 0; i < 2; i++) {
        time_t now = i ? NOW + 2 * DAY : NOW;
        struct version made;

        assert_int_equal(version_make(z.zone, z.conf, z.conf->sites, both, &z.version, now, &made),
                         0);
        assert_ptr_not_equal(made.addresses, before.addresses);
        assert_int_equal(made.signatures == before.signatures, i == 0);
        version_discard(&made, &z.version);
        assert_memory_equal(&z.version, &before, sizeof before);
    }
    signed_zone_done(&z);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(another_answer_set),
        CONF_FILE_TEST(own_addresses_first),
        CONF_FILE_TEST(discarded_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
