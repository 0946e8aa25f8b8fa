/* SPDX-License-Identifier: ISC */
#include "referral_result.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "delegation.h"

/* The name of the cut that the answer refers to, lower case without the final dot; NULL if it is no
 * referral. The caller frees it. */
static char *referred_to(const struct ask *ask)
{
    ldns_rr_list *ns = answer_records(ask, LDNS_SECTION_AUTHORITY, NULL, LDNS_RR_TYPE_NS);
    char *name = NULL;

    if (ldns_rr_list_rr_count(ns) && !ldns_pkt_aa(ask->reply)) {
        ldns_rdf *owner = ldns_rdf_clone(ldns_rr_owner(ldns_rr_list_rr(ns, 0)));

        ldns_dname2canonical(owner);
        name = ldns_rdf2str(owner);
        if (name && strlen(name) > 1)
            name[strlen(name) - 1] = '\0';
        ldns_rdf_deep_free(owner);
    }
    ldns_rr_list_free(ns);
    return name;
}

/* Why there is no delegation. */
static void examine_no_referral(const struct ask *ns, const struct ask *a, const struct conf *conf,
                                const char *where, struct report *report)
{
    static const char fix[] = "Put what parentgen prints into the parent zone";
    char buffer[64];

    if (ns->outcome != ASK_ANSWERED ||
        (!answer_has_rcode(ns, LDNS_RCODE_NOERROR) && !answer_has_rcode(ns, LDNS_RCODE_NXDOMAIN)))
        report_add_at(report, SEVERITY_ERROR, "parent-fails", where, "Look into that server's log",
                      "asked for the NS of %s, the server %s", conf->name,
                      answer_outcome(ns, buffer, sizeof buffer));
    else if (answer_count(ns, LDNS_SECTION_ANSWER, conf->name, LDNS_RR_TYPE_CNAME) ||
             answer_count(a, LDNS_SECTION_ANSWER, conf->name, LDNS_RR_TYPE_CNAME))
        report_add_at(report, SEVERITY_ERROR, "cname-at-name", where,
                      "Remove it, and put what parentgen prints there",
                      "the parent holds a CNAME at %s", conf->name);
    else if (answer_count(a, LDNS_SECTION_ANSWER, conf->name, LDNS_RR_TYPE_A))
        report_add_at(report, SEVERITY_ERROR, "address-at-name", where,
                      "Replace them by what parentgen prints",
                      "the parent holds address records at %s, and does not delegate it",
                      conf->name);
    else if (answer_count(ns, LDNS_SECTION_ANSWER, conf->name, LDNS_RR_TYPE_NS))
        report_add_at(report, SEVERITY_ERROR, "parent-serves-name", where,
                      "Remove that zone from the server: its resolvers would never ask the sites",
                      "the parent's server holds a zone %s of its own", conf->name);
    else
        report_add_at(report, SEVERITY_ERROR, "not-delegated", where, fix,
                      "the parent does not delegate %s", conf->name);
}

static bool lists(const ldns_rr_list *ns, const char *nameserver)
{
    ldns_rdf *name = ldns_dname_new_frm_str(nameserver);
    bool found = false;

    for (size_t i = 0; i < ldns_rr_list_rr_count(ns); i++)
        found |= ldns_dname_compare(ldns_rr_rdf(ldns_rr_list_rr(ns, i), 0), name) == 0;
    ldns_rdf_deep_free(name);
    return found;
}

static bool is_site(const struct conf *conf, const char *nameserver)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        if (!strcmp(conf->sites[i].nameserver, nameserver))
            return true;
    return false;
}

static void examine_name_servers(const ldns_rr_list *ns, const struct conf *conf, const char *where,
                                 struct report *report)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        if (!lists(ns, conf->sites[i].nameserver))
            report_add_at(report, SEVERITY_ERROR, "ns-missing", where,
                          "Add the NS record, so that resolvers find the site",
                          "the delegation lacks %s, the name server of %s",
                          conf->sites[i].nameserver, conf->sites[i].id);
    for (size_t i = 0; i < ldns_rr_list_rr_count(ns); i++) {
        ldns_rr_list one = {._rr_count = 1, ._rr_capacity = 1, ._rrs = &ns->_rrs[i]};
        char *name = answer_text(&one);

        if (name && !is_site(conf, name))
            report_add_at(report, SEVERITY_ERROR, "ns-stale", where,
                          "Remove its NS record: resolvers lose time with it",
                          "the delegation lists %s, which is no site's name server", name);
        free(name);
    }
    if (ldns_rr_list_rr_count(ns) && ldns_rr_ttl(ldns_rr_list_rr(ns, 0)) != conf->delegation_ttl)
        report_add_at(report, SEVERITY_WARNING, "ttl-differs", where,
                      "Set it to the site file's delegation-ttl, or change that",
                      "the NS records have the TTL %u s; the site file has %u s",
                      ldns_rr_ttl(ldns_rr_list_rr(ns, 0)), conf->delegation_ttl);
}

static void examine_glue(const struct ask *ask, const struct conf_site *site, int family,
                         const char *where, struct report *report)
{
    ldns_rr_type type = family == AF_INET ? LDNS_RR_TYPE_A : LDNS_RR_TYPE_AAAA;
    char *wanted = answer_addresses_text(&site->address, family);
    char *found = answer_records_text(ask, LDNS_SECTION_ADDITIONAL, site->nameserver, type);
    const char *name = family == AF_INET ? "A" : "AAAA";

    if (!strcmp(found, "none") && strcmp(wanted, "none") != 0)
        report_add_at(report, SEVERITY_ERROR, "glue-missing", where,
                      "Add the address records that parentgen prints",
                      "the referral lacks glue: %s %s %s", site->nameserver, name, wanted);
    else if (strcmp(found, wanted) != 0)
        report_add_at(report, SEVERITY_ERROR, "glue-differs", where,
                      "Replace it by what parentgen prints; if the provider proxies the name, "
                      "switch that off",
                      "the glue of %s is %s %s; the site file has %s", site->nameserver, name,
                      found, wanted);
    free(wanted);
    free(found);
}

static void examine_referral(const struct ask *ask, const struct conf *conf, const char *where,
                             struct report *report)
{
    ldns_rr_list *ns = answer_records(ask, LDNS_SECTION_AUTHORITY, conf->name, LDNS_RR_TYPE_NS);

    examine_name_servers(ns, conf, where, report);
    for (size_t i = 0; i < conf->n_sites; i++)
        if (name_is_within(conf->sites[i].nameserver, conf->name) &&
            lists(ns, conf->sites[i].nameserver)) {
            examine_glue(ask, &conf->sites[i], AF_INET, where, report);
            examine_glue(ask, &conf->sites[i], AF_INET6, where, report);
        }
    ldns_rr_list_free(ns);
}

bool referral_result_examine(const struct ask *ns, const struct ask *a, const struct conf *conf,
                             const char *where, struct report *report)
{
    char *cut = ns->outcome == ASK_ANSWERED ? referred_to(ns) : NULL;
    bool good = cut && !strcmp(cut, conf->name);

    if (good)
        examine_referral(ns, conf, where, report);
    else if (cut && strcmp(cut, conf->parent) != 0 && name_is_within(conf->name, cut))
        report_add_at(report, SEVERITY_ERROR, "zone-between", where,
                      "Set `parent` in the site file to that zone, and print again",
                      "%s lies in the zone %s, which %s delegates", conf->name, cut, conf->parent);
    else
        examine_no_referral(ns, a, conf, where, report);
    free(cut);
    return good;
}
