/* SPDX-License-Identifier: ISC */
#include "site_answers.h"

#include <string.h>

static bool is_record_of(const ldns_rr *rr, const struct address *address)
{
    const ldns_rdf *rdf = ldns_rr_rdf(rr, 0);

    return !memcmp(ldns_rdf_data(rdf), address->octets, ldns_rdf_size(rdf));
}

static bool holds(const ldns_rr_list *records, const struct address *address)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++)
        if (is_record_of(ldns_rr_list_rr(records, i), address))
            return true;
    return false;
}

/* Whether every address of that family of the site is among the records. */
static bool gives(const struct conf_site *site, int family, const ldns_rr_list *records)
{
    bool any = false;

    for (size_t i = 0; i < site->address.n; i++)
        if (site->address.at[i].family == family) {
            any = true;
            if (!holds(records, &site->address.at[i]))
                return false;
        }
    return any;
}

static bool is_of_sites(const struct conf *conf, uint64_t sites, int family, const ldns_rr *rr)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        for (size_t k = 0; sites >> i & 1 && k < conf->sites[i].address.n; k++)
            if (conf->sites[i].address.at[k].family == family &&
                is_record_of(rr, &conf->sites[i].address.at[k]))
                return true;
    return false;
}

void site_answers_add(struct site_answers *answers, int family, const ldns_rr_list *records)
{
    const struct conf *conf = answers->conf;
    uint64_t sites = 0;

    for (size_t i = 0; i < conf->n_sites; i++)
        if (gives(&conf->sites[i], family, records))
            sites |= UINT64_C(1) << i;
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++)
        if (!is_of_sites(conf, sites, family, ldns_rr_list_rr(records, i)))
            answers->foreign = true;
    *(family == AF_INET6 ? &answers->given.v6 : &answers->given.v4) = sites;
    *(family == AF_INET6 ? &answers->asked.v6 : &answers->asked.v4) = UINT64_MAX;
}

/* Whether the site may give the addresses of another one. */
static bool may_give(const struct site_answers *answers, size_t site)
{
    const struct conf *conf = answers->conf;
    uint32_t own = conf->sites[answers->self].preference, other = conf->sites[site].preference;

    if (answers->marked)
        return conf->policy.withdraw == CONF_WITHDRAW_HAND_OVER;
    return other < own || (other == own && conf->policy.answer == CONF_ANSWER_SERVING);
}

uint64_t site_answers_allowed(const struct site_answers *answers)
{
    uint64_t sites = UINT64_C(1) << answers->self;

    for (size_t i = 0; i < answers->conf->n_sites; i++)
        if (may_give(answers, i))
            sites |= UINT64_C(1) << i;
    return sites;
}

enum site_state site_answers_state(const struct site_answers *answers)
{
    bool own = answer_set_has_site(answers->given, answers->self);

    if (answers->marked)
        return own ? SITE_LAST_RESORT : SITE_FAILING;
    return own || !site_answers_are_right(answers) ? SITE_SERVING : SITE_STANDBY;
}

/* Whether all others that are given are of one preference, from least on and below limit. */
static bool are_alike(const struct site_answers *answers, uint64_t least, uint64_t limit)
{
    const struct conf_site *first = NULL;

    for (size_t i = 0; i < answers->conf->n_sites; i++) {
        const struct conf_site *site = &answers->conf->sites[i];

        if (i == answers->self || !answer_set_has_site(answers->given, i))
            continue;
        first = first ? first : site;
        if (site->preference != first->preference || site->preference < least ||
            site->preference >= limit)
            return false;
    }
    return true;
}

bool site_answers_are_right(const struct site_answers *answers)
{
    const struct conf *conf = answers->conf;
    struct answer_set own = answer_set_of_site(conf, answers->self), given = answers->given;
    uint64_t preference = conf->sites[answers->self].preference;
    bool has_own = answer_set_has_site(given, answers->self);

    own.v4 &= answers->asked.v4;
    own.v6 &= answers->asked.v6;
    if (answers->foreign || ((given.v4 | given.v6) & ~site_answers_allowed(answers)))
        return false;
    if (!has_own)
        return !answer_set_is_empty(given) &&
               are_alike(answers, 0, answers->marked ? UINT64_MAX : preference);
    if (answers->marked)
        return answer_set_equal(given, own);
    /* A site that serves gives all its addresses, and those of its peers only. */
    return answer_set_equal(answer_set_union(given, own), given) &&
           are_alike(answers, preference, preference + 1);
}
