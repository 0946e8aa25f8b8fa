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

static struct signed_zone load(void **state, const char *zone_keys, const char *sites)
{
    char content[1024];
    struct signed_zone z;

    snprintf(content, sizeof content, "%s%s%s%s", ZONE, zone_keys, sites, CHECK);
    z = signed_zone_load(state, content,
                         "@ TXT Mixed\n@ SRV 0 0 80 HoSt.Example.ORG.\n"
                         "a.b TXT x\nAlias CNAME Get.Example.Org.\n");
    if (z.zone->keys)
        z.zone->keys->newest = NOW;
    return z;
}

/* Makes a version at now that answers with the addresses of the first site. */
static int make(struct signed_zone *z, time_t now)
{
    return signed_zone_make(z, signed_zone_own(z), now);
}

static struct signed_zone load_signed(void **state, const char *sites)
{
    struct signed_zone z;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    z = load(state, KEY, sites);
    assert_int_equal(make(&z, NOW), 0);
    return z;
}

static void unsigned_zone(void **state)
{
    struct signed_zone z = load(state, "", SITE);
    const char *why;

    assert_int_equal(make(&z, NOW), 0);
    assert_null(z.version.signatures);
    assert_null(z.version.addresses->exact.records);
    assert_false(sign_is_due(&z.version, NOW + 100 * DAY));
    assert_true(sign_is_valid(&z.version, 0, &why));
    assert_int_equal(sign_expiry(&z.version), 0);
    signed_zone_done(&z);
}

/* The RRset has one good signature of each key, and no other. */
static void check_rrset(const struct zone *zone, const ldns_rr_list *records,
                        const ldns_rr_list *rrsigs)
{
    const ldns_rr *rr = ldns_rr_list_rr(records, 0);

    assert_non_null(rr);
    assert_int_equal(ldns_rr_list_rr_count(rrsigs), ldns_key_list_key_count(zone->keys->signing));
    for (size_t k = 0; k < ldns_rr_list_rr_count(rrsigs); k++) {
        ldns_rr *rrsig = ldns_rr_list_rr(rrsigs, k);

        assert_int_equal(ldns_rr_ttl(rrsig), ldns_rr_ttl(rr));
        assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_origttl(rrsig)), ldns_rr_ttl(rr));
        assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_inception(rrsig)), NOW - HOUR);
        assert_int_equal(ldns_rdf2native_int32(ldns_rr_rrsig_expiration(rrsig)), NOW + 14 * DAY);
        assert_int_equal(ldns_dname_compare(ldns_rr_rrsig_signame(rrsig), zone->apex), 0);
        assert_int_equal(ldns_rdf2native_int16(ldns_rr_rrsig_keytag(rrsig)),
                         ldns_key_keytag(ldns_key_list_key(zone->keys->signing, k)));
        assert_int_equal(
            ldns_verify_rrsig_keylist_time(records, rrsig, zone->keys->published, NOW, NULL),
            LDNS_STATUS_OK);
    }
}

static void check_if_there(const struct zone *zone, const struct signed_rrset *rrset)
{
    if (rrset->records)
        check_rrset(zone, rrset->records, rrset->rrsigs);
}

static void check_zone(const struct signed_zone *z)
{
    const struct version *v = &z->version;

    for (size_t i = 0; i < z->zone->rrsets.n; i++)
        check_rrset(z->zone, z->zone->rrsets.at[i].records, v->signatures->rrsets[i]);
    for (size_t i = 0; i < z->zone->hinfos.n; i++)
        check_rrset(z->zone, z->zone->hinfos.at[i].records, v->signatures->hinfos[i]);
    for (size_t i = 0; i < v->signatures->n_nsecs; i++)
        check_if_there(z->zone, &v->signatures->nsecs[i]);
    check_if_there(z->zone, &v->addresses->a);
    check_if_there(z->zone, &v->addresses->aaaa);
    check_if_there(z->zone, &v->addresses->exact);
}

static void every_rrset_is_signed(void **state)
{
    struct signed_zone z = load_signed(state, SITE SITE_BOTH SITE6);

    check_zone(&z);
    signed_zone_done(&z);
}

static void each_key_signs(void **state)
{
    struct key_file third = key_file_make(state, "l", LDNS_SIGN_ED25519);
    struct signed_zone z;
    char lines[512];

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    key_file_make(state, "m", LDNS_SIGN_ED25519);
    snprintf(lines, sizeof lines, KEY "dnssec-key = m.private\ndnssec-publish = %s\n", third.data);
    z = load(state, lines, SITE SITE_BOTH);
    assert_int_equal(make(&z, NOW), 0);
    assert_int_equal(ldns_key_list_key_count(z.zone->keys->signing), 2);
    assert_int_equal(ldns_rr_list_rr_count(z.zone->keys->published), 3);
    check_zone(&z);
    signed_zone_done(&z);
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
    struct signed_zone z = load_signed(state, SITE SITE_BOTH);
    const struct version_signatures *s = z.version.signatures;

    assert_int_equal(s->n_nsecs, LENGTH(owners));
    for (size_t i = 0; i < LENGTH(owners); i++) {
        const ldns_rr *nsec = ldns_rr_list_rr(s->nsecs[i].records, 0);
        char *owner = ldns_rdf2str(ldns_rr_owner(nsec));
        char *next = ldns_rdf2str(ldns_rr_rdf(nsec, 0));

        assert_string_equal(owner, owners[i]);
        assert_string_equal(next, owners[(i + 1) % LENGTH(owners)]);
        assert_int_equal(ldns_rr_ttl(nsec), z.zone->negative_ttl);
        assert_true(lists(nsec, LDNS_RR_TYPE_NSEC) && lists(nsec, LDNS_RR_TYPE_RRSIG));
        free(owner);
        free(next);
    }
    signed_zone_done(&z);
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
        struct signed_zone z = load_signed(state, rows[i].sites);
        const ldns_rr *full = ldns_rr_list_rr(z.version.signatures->nsecs[0].records, 0);
        const ldns_rr_list *exacts = z.version.addresses->exact.records;

        assert_int_equal(ldns_dname_compare(ldns_rr_owner(full), z.zone->apex), 0);
        assert_string_equal(types_of(full), FULL);
        assert_int_equal(ldns_rr_list_rr_count(exacts), rows[i].exact ? 1 : 0);
        if (rows[i].exact) {
            const ldns_rr *exact = ldns_rr_list_rr(exacts, 0);

            assert_string_equal(types_of(exact), rows[i].exact);
            assert_int_equal(ldns_rdf_compare(ldns_rr_rdf(exact, 0), ldns_rr_rdf(full, 0)), 0);
            assert_int_equal(ldns_rr_ttl(exact), z.zone->negative_ttl);
        }
        signed_zone_done(&z);
    }
}

/* RFC 7344 and RFC 8078: one CDS and one CDNSKEY for each DNSKEY. */
static void parent_is_told_of_each_key(void **state)
{
    struct signed_zone z = load_signed(state, SITE);
    const ldns_rr *dnskey = ldns_rr_list_rr(z.zone->keys->published, 0);
    ldns_rr_list *cds = signed_zone_select(z.zone->records, z.zone->apex, LDNS_RR_TYPE_CDS);
    ldns_rr_list *cdnskey = signed_zone_select(z.zone->records, z.zone->apex, LDNS_RR_TYPE_CDNSKEY);
    ldns_rr *ds = ldns_key_rr2ds(dnskey, LDNS_SHA256);

    assert_int_equal(ldns_rr_list_rr_count(cds), 1);
    assert_int_equal(ldns_rr_list_rr_count(cdnskey), 1);
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
    signed_zone_done(&z);
}

static bool valid(const struct signed_zone *z, time_t now)
{
    const char *why;
    bool good = sign_is_valid(&z->version, now, &why);

    assert_int_equal(good, why == NULL);
    return good;
}

static void validity(void **state)
{
    struct signed_zone z = load_signed(state, SITE);

    assert_int_equal(sign_expiry(&z.version), NOW + 14 * DAY);
    z.zone->keys->newest = 0;
    assert_true(valid(&z, NOW));
    assert_true(valid(&z, NOW - HOUR));
    assert_false(valid(&z, NOW - HOUR - 1));
    assert_true(valid(&z, NOW + 14 * DAY - HOUR));
    assert_false(valid(&z, NOW + 14 * DAY - HOUR + 1));
    signed_zone_done(&z);
}

static void clock_before_the_key(void **state)
{
    struct signed_zone z = load_signed(state, SITE);

    z.zone->keys->newest = NOW + 60;
    assert_true(valid(&z, NOW));
    z.zone->keys->newest = NOW + 61;
    assert_false(valid(&z, NOW));
    signed_zone_done(&z);
}

static void signed_again_every_day(void **state)
{
    struct signed_zone z = load_signed(state, SITE);
    time_t earliest = NOW + 2 * DAY, latest = NOW;

    for (int i = 0; i < 100; i++) {
        struct version_signatures *s;
        time_t again;

        assert_int_equal(sign_zone(z.zone, NOW, &s), 0);
        again = s->again;
        assert_in_range(again, NOW + 22 * HOUR, NOW + 26 * HOUR);
        earliest = again < earliest ? again : earliest;
        latest = again > latest ? again : latest;
        sign_free(s, z.zone);
    }
    assert_true(latest - earliest > HOUR); /* not all sites at once */
    assert_false(sign_is_due(&z.version, z.version.signatures->again - 1));
    assert_true(sign_is_due(&z.version, z.version.signatures->again));
    signed_zone_done(&z);
}

static void signed_anew_when_the_clock_was_set(void **state)
{
    struct signed_zone z = load_signed(state, SITE);

    assert_false(sign_is_due(&z.version, NOW - HOUR));
    assert_true(sign_is_due(&z.version, NOW - HOUR - 1));
    assert_true(sign_is_due(&z.version, NOW - 1000 * DAY));
    assert_true(sign_is_due(&z.version, NOW + 1000 * DAY));
    sign_put_off(&z.version, NOW + 1000 * DAY); /* it failed there, and the clock was set back */
    assert_true(sign_is_due(&z.version, NOW));
    z.zone->keys->newest = 0;
    assert_int_equal(make(&z, NOW - 1000 * DAY), 0);
    assert_true(valid(&z, NOW - 1000 * DAY));
    assert_false(sign_is_due(&z.version, NOW - 1000 * DAY));
    signed_zone_done(&z);
}

/* A site whose signatures do not verify keeps those it has, and tries again. */
static void failed_signing(void **state)
{
    struct signed_zone z = load_signed(state, SITE);
    const struct version before = z.version;
    ldns_rr *dnskey = ldns_rr_list_pop_rr(z.zone->keys->published);
    time_t later = NOW + 2 * DAY;

    assert_int_equal(make(&z, later), -EBADMSG);
    assert_memory_equal(&z.version, &before, sizeof before);
    assert_true(valid(&z, later));
    sign_put_off(&z.version, later);
    assert_false(sign_is_due(&z.version, later + 59));
    assert_true(sign_is_due(&z.version, later + 60));

    /* Nor does it try all the time once they have expired, or before they are valid. */
    for (int i = 0; i < 2; i++) {
        later = i ? NOW - DAY : NOW + 15 * DAY;
        assert_int_equal(make(&z, later), -EBADMSG);
        assert_false(valid(&z, later));
        sign_put_off(&z.version, later);
        assert_false(sign_is_due(&z.version, later + 59));
        assert_true(sign_is_due(&z.version, later + 60));
    }

    ldns_rr_list_push_rr(z.zone->keys->published, dnskey);
    z.zone->keys->newest = 0;
    assert_int_equal(make(&z, later + 60), 0);
    assert_true(valid(&z, later + 60));
    signed_zone_done(&z);
}

/* One good signature of two is not enough. */
static void one_of_two_keys_fails(void **state)
{
    struct signed_zone z;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    key_file_make(state, "l", LDNS_SIGN_ECDSAP256SHA256);
    z = load(state, KEY "dnssec-key = l.private\n", SITE);
    ldns_rr_free(ldns_rr_list_pop_rr(z.zone->keys->published));
    assert_int_equal(make(&z, NOW), -EBADMSG);
    assert_null(z.version.zone);
    signed_zone_done(&z);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(unsigned_zone),
        CONF_FILE_TEST(every_rrset_is_signed),
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
