/* SPDX-License-Identifier: ISC */
#include "signed_zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/keys.h"
#include "dns/sign.h"

#define KEY       "dnssec-key = k.private\n"
#define SITE6     "[site dc6]\nnameserver = get.dc6.example.org\naddress = 2001:db8::6\n"
#define SITE_BOTH "[site dc4]\nnameserver = ns4.get.example.org\naddress = 192.0.2.4 2001:db8::4\n"

static const time_t NOW = 1800000000, HOUR = 3600, DAY = 86400;

static struct zone *load(void **state, const char *zone_keys, const char *sites)
{
    char content[1024];
    struct zone *zone;

    snprintf(content, sizeof content, "%s%s%s%s", ZONE, zone_keys, sites, CHECK);
    zone = signed_zone_load(state, content,
                            "@ TXT Mixed\n@ SRV 0 0 80 HoSt.Example.ORG.\n"
                            "a.b TXT x\nAlias CNAME Get.Example.Org.\n");
    if (zone->keys)
        zone->keys->newest = NOW;
    return zone;
}

static struct zone *load_signed(void **state, const char *sites)
{
    struct zone *zone;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    zone = load(state, KEY, sites);
    assert_int_equal(sign_zone(zone, NOW), 0);
    return zone;
}

static void unsigned_zone(void **state)
{
    struct zone *zone = load(state, "", SITE);
    const char *why;

    assert_int_equal(sign_zone(zone, NOW), 0);
    assert_null(zone->signatures.rrsigs);
    assert_false(sign_is_due(zone, NOW + 100 * DAY));
    assert_true(sign_is_valid(zone, 0, &why));
    assert_int_equal(sign_expiry(zone), 0);
    zone_free(zone);
}

/* Every set of list has one good signature of each key, and no other. */
static void check_signatures(const struct zone *zone, const ldns_rr_list *list,
                             const ldns_rr_list *rrsigs)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);
        ldns_rr_list *set = ldns_rr_list_new(), *own;

        if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG) {
            zone_select(list, ldns_rr_owner(rr), ldns_rr_get_type(rr), set);
            own = signed_zone_rrsigs(rrsigs, ldns_rr_owner(rr), ldns_rr_get_type(rr));
            assert_int_equal(ldns_rr_list_rr_count(own),
                             ldns_key_list_key_count(zone->keys->signing));
            for (size_t k = 0; k < ldns_rr_list_rr_count(own); k++) {
                ldns_rr *rrsig = ldns_rr_list_rr(own, k);

                assert_int_equal(ldns_rr_ttl(rrsig), ldns_rr_ttl(rr));
                assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_origttl(rrsig)),
                                 ldns_rr_ttl(rr));
                assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_inception(rrsig)), NOW - HOUR);
                assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_expiration(rrsig)),
                                 NOW + 14 * DAY);
                assert_int_equal(ldns_dname_compare(ldns_rr_rrsig_signame(rrsig), zone->apex), 0);
                assert_int_equal(ldns_rdf2native_int16(ldns_rr_rrsig_keytag(rrsig)),
                                 ldns_key_keytag(ldns_key_list_key(zone->keys->signing, k)));
                assert_int_equal(
                    ldns_verify_rrsig_keylist_time(set, rrsig, zone->keys->published, NOW, NULL),
                    LDNS_STATUS_OK);
            }
            ldns_rr_list_free(own);
        }
        ldns_rr_list_free(set);
    }
}

static void check_zone(const struct zone *zone)
{
    const struct zone_signatures *s = &zone->signatures;

    check_signatures(zone, zone->records, s->rrsigs);
    check_signatures(zone, zone->hinfos, s->rrsigs);
    check_signatures(zone, s->nsecs, s->rrsigs);
    check_signatures(zone, s->exact, s->exact);
}

static void every_set_is_signed(void **state)
{
    struct zone *zone = load_signed(state, SITE SITE_BOTH SITE6);

    check_zone(zone);
    zone_free(zone);
}

static void each_key_signs(void **state)
{
    struct key_file third = key_file_make(state, "l", LDNS_SIGN_ED25519);
    struct zone *zone;
    char lines[512];

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    key_file_make(state, "m", LDNS_SIGN_ED25519);
    snprintf(lines, sizeof lines, KEY "dnssec-key = m.private\ndnssec-publish = %s\n", third.data);
    zone = load(state, lines, SITE SITE_BOTH);
    assert_int_equal(sign_zone(zone, NOW), 0);
    assert_int_equal(ldns_key_list_key_count(zone->keys->signing), 2);
    assert_int_equal(ldns_rr_list_rr_count(zone->keys->published), 3);
    check_zone(zone);
    zone_free(zone);
}

static bool lists(const ldns_rr *nsec, ldns_rr_type type)
{
    return ldns_nsec_bitmap_covers_type(ldns_nsec_get_bitmap(nsec), type);
}

/* One NSEC for each owner, in canonical order, from the apex back to it. */
static void chain_is_closed(void **state)
{
    static const char *const owners[] = {"get.example.org.", "alias.get.example.org.",
                                         "a.b.get.example.org.", "ns4.get.example.org."};
    struct zone *zone = load_signed(state, SITE SITE_BOTH);
    const ldns_rr_list *nsecs = zone->signatures.nsecs;

    assert_int_equal(ldns_rr_list_rr_count(nsecs), LENGTH(owners));
    for (size_t i = 0; i < LENGTH(owners); i++) {
        const ldns_rr *nsec = ldns_rr_list_rr(nsecs, i);
        char *owner = ldns_rdf2str(ldns_rr_owner(nsec));
        char *next = ldns_rdf2str(ldns_rr_rdf(nsec, 0));

        assert_string_equal(owner, owners[i]);
        assert_string_equal(next, owners[(i + 1) % LENGTH(owners)]);
        assert_int_equal(ldns_rr_ttl(nsec), zone->negative_ttl);
        assert_true(lists(nsec, LDNS_RR_TYPE_NSEC) && lists(nsec, LDNS_RR_TYPE_RRSIG));
        free(owner);
        free(next);
    }
    zone_free(zone);
}

/* Which of its types an NSEC lists, as a text. */
static const char *types_of(const ldns_rr *nsec)
{
    static char text[256];
    char *bitmap = ldns_rdf2str(ldns_nsec_get_bitmap(nsec));

    snprintf(text, sizeof text, "%s", bitmap);
    free(bitmap);
    return text;
}

#define FULL "A NS SOA TXT AAAA SRV RRSIG NSEC DNSKEY CDS CDNSKEY "

static void two_apex_nsecs(void **state)
{
    static const struct {
        const char *sites, *exact;
    } rows[] = {
        {SITE, "A NS SOA TXT SRV RRSIG NSEC DNSKEY CDS CDNSKEY "},
        {SITE6, "NS SOA TXT AAAA SRV RRSIG NSEC DNSKEY CDS CDNSKEY "},
        {SITE_BOTH, NULL},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct zone *zone = load_signed(state, rows[i].sites);
        const struct zone_signatures *s = &zone->signatures;
        const ldns_rr *full = ldns_rr_list_rr(s->nsecs, 0);

        assert_int_equal(ldns_dname_compare(ldns_rr_owner(full), zone->apex), 0);
        assert_string_equal(types_of(full), FULL);
        assert_int_equal(ldns_rr_list_rr_count(s->exact), rows[i].exact ? 2 : 0);
        if (rows[i].exact) {
            const ldns_rr *exact = ldns_rr_list_rr(s->exact, 0);

            assert_string_equal(types_of(exact), rows[i].exact);
            assert_int_equal(ldns_rdf_compare(ldns_rr_rdf(exact, 0), ldns_rr_rdf(full, 0)), 0);
            assert_int_equal(ldns_rr_ttl(exact), zone->negative_ttl);
        }
        zone_free(zone);
    }
}

/* RFC 7344 and RFC 8078: one CDS and one CDNSKEY for each DNSKEY. */
static void parent_is_told_of_each_key(void **state)
{
    struct zone *zone = load_signed(state, SITE);
    const ldns_rr *dnskey = ldns_rr_list_rr(zone->keys->published, 0);
    ldns_rr_list *cds = ldns_rr_list_new(), *cdnskey = ldns_rr_list_new();
    ldns_rr *ds = ldns_key_rr2ds(dnskey, LDNS_SHA256);

    assert_int_equal(zone_rrset(zone, zone->apex, LDNS_RR_TYPE_CDS, cds), 1);
    assert_int_equal(zone_rrset(zone, zone->apex, LDNS_RR_TYPE_CDNSKEY, cdnskey), 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            ldns_rdf_compare(ldns_rr_rdf(ldns_rr_list_rr(cds, 0), i), ldns_rr_rdf(ds, i)), 0);
        assert_int_equal(
            ldns_rdf_compare(ldns_rr_rdf(ldns_rr_list_rr(cdnskey, 0), i), ldns_rr_rdf(dnskey, i)),
            0);
    }
    ldns_rr_free(ds);
    ldns_rr_list_free(cds);
    ldns_rr_list_free(cdnskey);
    zone_free(zone);
}

static bool valid(const struct zone *zone, time_t now)
{
    const char *why;
    bool good = sign_is_valid(zone, now, &why);

    assert_int_equal(good, why == NULL);
    return good;
}

static void validity(void **state)
{
    struct zone *zone = load_signed(state, SITE);

    assert_int_equal(sign_expiry(zone), NOW + 14 * DAY);
    zone->keys->newest = 0;
    assert_true(valid(zone, NOW));
    assert_true(valid(zone, NOW - HOUR));
    assert_false(valid(zone, NOW - HOUR - 1));
    assert_true(valid(zone, NOW + 14 * DAY - HOUR));
    assert_false(valid(zone, NOW + 14 * DAY - HOUR + 1));
    zone_free(zone);
}

static void clock_before_the_key(void **state)
{
    struct zone *zone = load_signed(state, SITE);

    zone->keys->newest = NOW + 60;
    assert_true(valid(zone, NOW));
    zone->keys->newest = NOW + 61;
    assert_false(valid(zone, NOW));
    zone_free(zone);
}

static void signed_again_every_day(void **state)
{
    struct zone *zone = load_signed(state, SITE);
    time_t earliest = NOW + 2 * DAY, latest = NOW;

    for (int i = 0; i < 100; i++) {
        time_t again = zone->signatures.again;

        assert_in_range(again, NOW + 22 * HOUR, NOW + 26 * HOUR);
        assert_false(sign_is_due(zone, again - 1));
        assert_true(sign_is_due(zone, again));
        earliest = again < earliest ? again : earliest;
        latest = again > latest ? again : latest;
        assert_int_equal(sign_zone(zone, NOW), 0);
    }
    assert_true(latest - earliest > HOUR); /* not all sites at once */
    zone_free(zone);
}

static void signed_anew_when_the_clock_was_set(void **state)
{
    struct zone *zone = load_signed(state, SITE);

    assert_false(sign_is_due(zone, NOW - HOUR));
    assert_true(sign_is_due(zone, NOW - HOUR - 1));
    assert_true(sign_is_due(zone, NOW - 1000 * DAY));
    assert_true(sign_is_due(zone, NOW + 1000 * DAY));
    zone->keys->newest = 0;
    assert_int_equal(sign_zone(zone, NOW - 1000 * DAY), 0);
    assert_true(valid(zone, NOW - 1000 * DAY));
    assert_false(sign_is_due(zone, NOW - 1000 * DAY));
    zone_free(zone);
}

/* A site whose signatures do not verify keeps those it has, and tries again. */
static void failed_signing(void **state)
{
    struct zone *zone = load_signed(state, SITE);
    const ldns_rr_list *before = zone->signatures.rrsigs;
    ldns_rr *dnskey = ldns_rr_list_pop_rr(zone->keys->published);
    time_t later = NOW + DAY;

    assert_int_equal(sign_zone(zone, later), -EBADMSG);
    assert_ptr_equal(zone->signatures.rrsigs, before);
    assert_true(valid(zone, later));
    assert_false(sign_is_due(zone, later + 59));
    assert_true(sign_is_due(zone, later + 60));

    /* Nor does it try all the time once they have expired. */
    later = NOW + 15 * DAY;
    assert_int_equal(sign_zone(zone, later), -EBADMSG);
    assert_false(valid(zone, later));
    assert_false(sign_is_due(zone, later + 59));
    assert_true(sign_is_due(zone, later + 60));

    ldns_rr_list_push_rr(zone->keys->published, dnskey);
    assert_int_equal(sign_zone(zone, later), 0);
    assert_true(valid(zone, later));
    zone_free(zone);
}

/* One good signature of two is not enough. */
static void one_of_two_keys_fails(void **state)
{
    struct zone *zone;
    const char *why;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    key_file_make(state, "l", LDNS_SIGN_ECDSAP256SHA256);
    zone = load(state, KEY "dnssec-key = l.private\n", SITE);
    ldns_rr_free(ldns_rr_list_pop_rr(zone->keys->published));
    assert_int_equal(sign_zone(zone, NOW), -EBADMSG);
    assert_false(sign_is_valid(zone, NOW, &why));
    assert_string_equal(why, "signing failed");
    zone_free(zone);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(unsigned_zone),
        CONF_FILE_TEST(every_set_is_signed),
        CONF_FILE_TEST(each_key_signs),
        CONF_FILE_TEST(chain_is_closed),
        CONF_FILE_TEST(two_apex_nsecs),
        CONF_FILE_TEST(parent_is_told_of_each_key),
        CONF_FILE_TEST(validity),
        CONF_FILE_TEST(clock_before_the_key),
        CONF_FILE_TEST(signed_again_every_day),
        CONF_FILE_TEST(signed_anew_when_the_clock_was_set),
        CONF_FILE_TEST(failed_signing),
        CONF_FILE_TEST(one_of_two_keys_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
