/* SPDX-License-Identifier: ISC */
#include "signatures.h"

#include "answer.h"
#include "dns/sign.h"

enum {
    CLOCK_SLACK_S = 60, /* PowerDNS Recursor tolerates no more */
    /* What a site file has room for, and as much again of another one. What comes beyond is there
     * to keep those busy who verify it ("KeyTrap", CVE-2023-50387). */
    KEYS_MAX = 4 * CONF_LIST_MAX,
    SIGNATURES_MAX = CONF_LIST_MAX,
    COLLISIONS_MAX = 4, /* keys of one tag that are tried on one signature */
};

/* What is the same for all records of one place. */
struct scene {
    const struct expectation *expected;
    const ldns_rr_list *served; /* all keys of the place */
    ldns_rr_list *keys;         /* those that are tried */
    const char *where;
    struct report *report;
    bool good;
    bool late; /* there was no time left */
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

        if (holds_key(s->served, key))
            continue;
        report_add_at(s->report, SEVERITY_ERROR, "dnskey-missing", s->where,
                      "Copy the site file and the keys to that site and reload sitens, before the "
                      "DS is published",
                      "the site does not serve the key %u of the site file", ldns_calc_keytag(key));
        s->good = false;
    }
    if (!ldns_rr_list_rr_count(wanted) && ldns_rr_list_rr_count(s->served))
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

/* Whether the signature is by that key of the zone. */
static bool is_by(const ldns_rr *rrsig, const ldns_rr *key)
{
    return ldns_rdf2native_int16(ldns_rr_rrsig_keytag(rrsig)) == ldns_calc_keytag(key) &&
           ldns_rdf2native_int8(ldns_rr_rrsig_algorithm(rrsig)) ==
               ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(key)) &&
           ldns_dname_compare(ldns_rr_rrsig_signame(rrsig), ldns_rr_owner(key)) == 0;
}

static bool verify_with(const ldns_rr_list *set, const ldns_rr *rrsig, ldns_rr *key)
{
    ldns_rr_list one = {._rr_count = 1, ._rr_capacity = 1, ._rrs = &key};
    ldns_rr_list *good = ldns_rr_list_new();
    bool verified = ldns_verify_rrsig_keylist_notime(set, rrsig, &one, good) == LDNS_STATUS_OK;

    ldns_rr_list_free(good);
    return verified;
}

static bool verify(struct scene *s, const ldns_rr_list *set, const ldns_rr *rrsig)
{
    unsigned tries = 0;

    for (size_t i = 0; tries < COLLISIONS_MAX && i < ldns_rr_list_rr_count(s->keys); i++) {
        ldns_rr *key = ldns_rr_list_rr(s->keys, i);

        if (!is_by(rrsig, key))
            continue;
        s->late = s->late || ask_clock_ms() > s->expected->until_ms;
        if (s->late)
            return false;
        if (verify_with(set, rrsig, key))
            return true;
        tries++;
    }
    return false;
}

static void report_bad_signature(struct scene *s, ldns_rr_type covered, bool tried_all)
{
    char *type = ldns_rr_type2str(covered);

    report_add_at(s->report, SEVERITY_ERROR, "signature-bad", s->where,
                  "Restart sitens there; let nothing between rewrite DNS",
                  "the site's %s records have no signature that its keys verify%s",
                  type ? type : "", tried_all ? "" : ", among the first that came");
    s->good = false;
    free(type);
}

/* The signatures over one type that came along. */
static ldns_rr_list *signatures_over(const struct ask *ask, const char *name)
{
    ldns_rr_list *all = answer_records(ask, LDNS_SECTION_ANSWER, name, LDNS_RR_TYPE_RRSIG);
    ldns_rr_list *found = ldns_rr_list_new();

    for (size_t i = 0; i < ldns_rr_list_rr_count(all); i++) {
        ldns_rr *rrsig = ldns_rr_list_rr(all, i);

        if (ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rrsig)) == ask->type)
            ldns_rr_list_push_rr(found, rrsig);
    }
    ldns_rr_list_free(all);
    return found;
}

/* A set, and the signatures over it. There may be signatures without a set: ldns must not be asked
 * to verify nothing. */
static void examine_set(struct scene *s, const struct ask *ask)
{
    const char *name = s->expected->conf->name;
    ldns_rr_list *set = answer_records(ask, LDNS_SECTION_ANSWER, name, ask->type);
    ldns_rr_list *rrsigs = signatures_over(ask, name);
    size_t n = ldns_rr_list_rr_count(rrsigs), tried = 0;
    bool exists = ldns_rr_list_rr_count(set) > 0, verified = false;

    for (; exists && tried < n && tried < SIGNATURES_MAX; tried++)
        if (verify(s, set, ldns_rr_list_rr(rrsigs, tried))) {
            verified = true;
            examine_time(s, ldns_rr_list_rr(rrsigs, tried));
        }
    if (exists && !verified && !s->late)
        report_bad_signature(s, ask->type, tried == n);
    ldns_rr_list_free(set);
    ldns_rr_list_free(rrsigs);
}

static void add_keys(struct scene *s, bool of_site_file)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(s->served); i++) {
        ldns_rr *key = ldns_rr_list_rr(s->served, i);

        if (ldns_rr_list_rr_count(s->keys) < KEYS_MAX &&
            holds_key(s->expected->keys, key) == of_site_file)
            ldns_rr_list_push_rr(s->keys, key);
    }
}

static void examine_sets(struct scene *s, const struct site_place *place)
{
    static const enum site_probe signed_probes[] = {SITE_DNSKEY, SITE_SOA, SITE_A, SITE_AAAA,
                                                    SITE_NS};

    /* The site file's own keys first, whatever else is served. */
    add_keys(s, true);
    add_keys(s, false);
    for (size_t i = 0; i < sizeof signed_probes / sizeof *signed_probes; i++)
        examine_set(s, &place->asks[signed_probes[i]]);
    if (s->late)
        report_add_at(s->report, SEVERITY_ERROR, "not-verified", s->where,
                      "Run the check again, from a host that is less busy",
                      "there was no time left to verify the site's signatures");
    s->good = s->good && !s->late;
}

bool signatures_examine(const struct site_place *place, const struct expectation *expected,
                        const char *where, struct report *report)
{
    const struct ask *ask = &place->asks[SITE_DNSKEY];
    ldns_rr_list *served =
        answer_records(ask, LDNS_SECTION_ANSWER, expected->conf->name, LDNS_RR_TYPE_DNSKEY);
    ldns_rr_list *keys = ldns_rr_list_new();
    struct scene s = {.expected = expected,
                      .served = served,
                      .keys = keys,
                      .where = where,
                      .report = report,
                      .good = ldns_rr_list_rr_count(expected->keys) > 0};

    if (ask->outcome == ASK_ANSWERED)
        examine_keys(&s);
    else
        s.good = false;
    if (ldns_rr_list_rr_count(served))
        examine_sets(&s, place);
    ldns_rr_list_free(keys);
    ldns_rr_list_free(served);
    return s.good;
}
