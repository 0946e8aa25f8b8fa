/* SPDX-License-Identifier: ISC */
#include "ds_result.h"

#include "answer.h"

static const char publish_fix[] =
    "Publish what parentgen --ds prints, when every site has the keys";

/* What a DS has to do with the keys of the site file. */
enum match {
    MATCH_NONE,
    MATCH_WEAK, /* it is of one of them, and resolvers pass over its digest */
    MATCH_GOOD
};

static uint8_t number_at(const ldns_rr *ds, size_t field)
{
    return ldns_rdf2native_int8(ldns_rr_rdf(ds, field));
}

static bool has_digest_of(const ldns_rr *ds, const ldns_rr *key)
{
    ldns_rr *made = ldns_key_rr2ds(key, (ldns_hash)number_at(ds, 2));
    const ldns_rdf *digest = made ? ldns_rr_rdf(made, 3) : NULL;
    /* one that cannot be made here cannot be compared */
    bool same =
        !digest || !ldns_rdf_size(digest) || ldns_rdf_compare(ldns_rr_rdf(ds, 3), digest) == 0;

    ldns_rr_free(made);
    return same;
}

static bool is_of(const ldns_rr *ds, const ldns_rr *key)
{
    return ldns_rdf2native_int16(ldns_rr_rdf(ds, 0)) == ldns_calc_keytag(key) &&
           number_at(ds, 1) == number_at(key, 2) && has_digest_of(ds, key);
}

/* Validators do not know other digests, or do not trust SHA-1 any more (RFC 9905): where they find
 * no other they take the name for unsigned. */
static enum match match_of(const ldns_rr *ds, const ldns_rr_list *keys)
{
    bool good = number_at(ds, 2) == LDNS_SHA256 || number_at(ds, 2) == LDNS_SHA384;

    for (size_t i = 0; i < ldns_rr_list_rr_count(keys); i++)
        if (is_of(ds, ldns_rr_list_rr(keys, i)))
            return good ? MATCH_GOOD : MATCH_WEAK;
    return MATCH_NONE;
}

static bool parent_is_unsigned(const struct parent_result *result)
{
    const struct ask *ask = &result->asks[PARENT_DNSKEY];

    return answer_is_authoritative(ask) &&
           !answer_count(ask, LDNS_SECTION_ANSWER, NULL, LDNS_RR_TYPE_DNSKEY);
}

/* Without an answer nobody can validate: neither the name, nor that it is unsigned. */
static void examine_answers(const struct parent_result *result, bool has_ds, struct report *report)
{
    if (result->asks[PARENT_SOA].outcome != ASK_ANSWERED)
        return; /* which is told */
    if (!parent_is_unsigned(result))
        answer_report_failure(&result->asks[PARENT_DS], "DS", result->where, report);
    if (has_ds)
        answer_report_failure(&result->asks[PARENT_DNSKEY], "DNSKEY", result->where, report);
}

static void examine_matches(const struct parent_result *result, const ldns_rr_list *found,
                            const ldns_rr_list *keys, struct report *report)
{
    enum match best = MATCH_NONE;

    for (size_t i = 0; i < ldns_rr_list_rr_count(found); i++) {
        const ldns_rr *ds = ldns_rr_list_rr(found, i);
        enum match match = match_of(ds, keys);

        best = match > best ? match : best;
        if (match == MATCH_NONE)
            report_add_at(report, SEVERITY_ERROR, "ds-stale", result->where,
                          "Remove it from the parent zone: resolvers that validate may refuse the "
                          "name",
                          "the parent holds a DS (key tag %u) of no key in the site file",
                          ldns_rdf2native_int16(ldns_rr_rdf(ds, 0)));
    }
    if (best == MATCH_WEAK)
        report_add_at(report, SEVERITY_WARNING, "ds-digest", result->where, publish_fix,
                      "no DS at the parent has a digest that all resolvers take (SHA-256 or "
                      "SHA-384): for some the name is unsigned");
    if (best == MATCH_NONE && ldns_rr_list_rr_count(keys) &&
        answer_is_authoritative(&result->asks[PARENT_DS]))
        report_add_at(report, ldns_rr_list_rr_count(found) ? SEVERITY_ERROR : SEVERITY_NOTE,
                      "ds-missing", result->where, publish_fix,
                      "the parent holds no DS of the site file's keys");
}

void ds_result_examine(const struct parent_result *result, const struct expectation *expected,
                       struct report *report)
{
    ldns_rr_list *found = answer_records(&result->asks[PARENT_DS], LDNS_SECTION_ANSWER,
                                         expected->conf->name, LDNS_RR_TYPE_DS);
    bool has_ds = ldns_rr_list_rr_count(found) > 0;

    examine_answers(result, has_ds, report);
    examine_matches(result, found, expected->keys, report);
    if (has_ds && parent_is_unsigned(result))
        report_add_at(report, SEVERITY_ERROR, "ds-unsigned-parent", result->where,
                      "Sign the parent zone, or remove the DS",
                      "the parent holds a DS, but is not signed itself: the DS is of no effect");
    ldns_rr_list_free(found);
}
