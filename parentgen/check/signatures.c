/* SPDX-License-Identifier: ISC */
#include "signatures.h"

#include "answer.h"
#include "dns/sign.h"

enum { CLOCK_SLACK_S = 60 }; /* PowerDNS Recursor tolerates no more */

/* What the judges of one place share. */
struct scene {
    const struct expectation *expected;
    const ldns_rr_list *keys; /* those that the place serves */
    const char *where;
    struct report *report;
    bool good;
};

static bool holds_key(const ldns_rr_list *keys, const ldns_rr *key)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(keys); i++)
        if (!ldns_rdf_compare(ldns_rr_dnskey_key(ldns_rr_list_rr(keys, i)),
                              ldns_rr_dnskey_key(key)))
            return true;
    return false;
}

static void examine_keys(struct scene *s)
{
    const ldns_rr_list *wanted = s->expected->keys;

    for (size_t i = 0; i < ldns_rr_list_rr_count(wanted); i++) {
        const ldns_rr *key = ldns_rr_list_rr(wanted, i);

        if (holds_key(s->keys, key))
            continue;
        report_add_at(s->report, SEVERITY_ERROR, "dnskey-missing", s->where,
                      "Copy the site file and the keys to that site and reload sitens, before the "
                      "DS is published",
                      "the site does not serve the key %u of the site file", ldns_calc_keytag(key));
        s->good = false;
    }
    if (!ldns_rr_list_rr_count(wanted) && ldns_rr_list_rr_count(s->keys))
        report_add_at(s->report, SEVERITY_WARNING, "dnskey-unknown", s->where,
                      "Copy one site file to every site and here",
                      "the site signs, but the site file here has no keys");
}

static void examine_time(struct scene *s, const ldns_rr *rrsig)
{
    int64_t now = s->expected->now;
    /* RFC 4034 section 3.1.5: serial number arithmetic. */
    int64_t left =
        (int32_t)(ldns_rdf2native_int32(ldns_rr_rrsig_expiration(rrsig)) - (uint32_t)now);
    int64_t age = (int32_t)((uint32_t)now - ldns_rdf2native_int32(ldns_rr_rrsig_inception(rrsig)));

    s->good = s->good && left > 0 && age >= 0;
    if (left <= 0)
        report_add_at(s->report, SEVERITY_ERROR, "signature-expired", s->where,
                      "Set the clocks of the site and of this host by NTP; restart sitens",
                      "the site's signatures have expired");
    else if (left < SIGN_MARGIN_S)
        report_add_at(s->report, SEVERITY_ERROR, "signature-ending", s->where,
                      "Set the site's clock by NTP; restart sitens: it re-signs every day",
                      "the site's signatures expire within the hour");
    if (age < 0)
        report_add_at(s->report, SEVERITY_ERROR, "signature-future", s->where,
                      "Set the clocks of the site and of this host by NTP",
                      "the site's signatures are not valid yet: a clock is wrong by more than an "
                      "hour");
    else if (left > SIGN_EXPIRY_S + CLOCK_SLACK_S)
        report_add_at(s->report, SEVERITY_ERROR, "clock-skew", s->where,
                      "Set the clocks of the site and of this host by NTP",
                      "the site's clock is at least %lld s ahead of this host's",
                      (long long)(left - SIGN_EXPIRY_S));
}

/* A set, and the signatures over it that came along. */
static void examine_set(struct scene *s, const struct ask *ask)
{
    const char *name = s->expected->conf->name;
    ldns_rr_list *set = answer_records(ask, LDNS_SECTION_ANSWER, name, ask->type);
    ldns_rr_list *rrsigs = answer_records(ask, LDNS_SECTION_ANSWER, name, LDNS_RR_TYPE_RRSIG);
    char *type = ldns_rr_type2str(ask->type);
    bool verified = false;

    for (size_t i = 0; i < ldns_rr_list_rr_count(rrsigs); i++) {
        const ldns_rr *rrsig = ldns_rr_list_rr(rrsigs, i);
        ldns_rr_list *good = ldns_rr_list_new();

        if (ldns_verify_rrsig_keylist_notime(set, rrsig, s->keys, good) == LDNS_STATUS_OK) {
            verified = true;
            examine_time(s, rrsig);
        }
        ldns_rr_list_free(good);
    }
    if (ldns_rr_list_rr_count(set) && !verified) {
        report_add_at(s->report, SEVERITY_ERROR, "signature-bad", s->where,
                      "Restart sitens there; let nothing between rewrite DNS",
                      "the site's %s records have no signature that its keys verify", type);
        s->good = false;
    }
    free(type);
    ldns_rr_list_free(set);
    ldns_rr_list_free(rrsigs);
}

bool signatures_examine(const struct site_place *place, const struct expectation *expected,
                        const char *where, struct report *report)
{
    static const enum site_probe judged[] = {SITE_DNSKEY, SITE_SOA, SITE_A, SITE_AAAA, SITE_NS};
    const struct ask *ask = &place->asks[SITE_DNSKEY];
    ldns_rr_list *keys =
        answer_records(ask, LDNS_SECTION_ANSWER, expected->conf->name, LDNS_RR_TYPE_DNSKEY);
    struct scene s = {expected, keys, where, report, ldns_rr_list_rr_count(expected->keys) > 0};

    if (ask->outcome == ASK_ANSWERED)
        examine_keys(&s);
    else
        s.good = false;
    for (size_t i = 0; ldns_rr_list_rr_count(keys) && i < sizeof judged / sizeof *judged; i++)
        examine_set(&s, &place->asks[judged[i]]);
    ldns_rr_list_free(keys);
    return s.good;
}
