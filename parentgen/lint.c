/* SPDX-License-Identifier: ISC */
#include "lint.h"

#include <string.h>

#include "conf/conf_lint.h"
#include "conf/dns.h"
#include "referral.h"

enum {
    TTL_SHORT_S = 30,
    TTL_LONG_S = 3600,
    DELEGATION_TTL_LONG_S = 86400, /* a site that was removed is asked for that long */
    NS_MANY = 7,                   /* every resolver tries that many */
    DS_MANY = 8,                   /* PowerDNS Recursor's max-ds-per-zone */
};

static void lint_numbers(const struct delegation *d, struct report *report)
{
    size_t n_ds = 0;

    for (size_t i = 0; i < d->n; i++)
        n_ds += d->at[i].type == RECORD_DS;
    if (d->conf->n_sites < 2)
        report_add(report, SEVERITY_WARNING, "few-sites", 0,
                   "Add a second site: one alone has nothing to fail over to",
                   "there is only one site");
    if (d->conf->n_sites > NS_MANY)
        report_add(report, SEVERITY_WARNING, "many-sites", 0,
                   "Split the sites among several names, or keep the best seven",
                   "there are %zu sites; resolvers and providers may use fewer", d->conf->n_sites);
    if (n_ds > DS_MANY)
        report_add(report, SEVERITY_WARNING, "many-ds", 0,
                   "Let all sites share one key: some resolvers refuse more than eight DS",
                   "there are %zu DS records", n_ds);
}

static void lint_ttls(const struct conf *conf, struct report *report)
{
    if (conf->ttl < TTL_SHORT_S)
        report_add(report, SEVERITY_WARNING, "ttl-short", 0,
                   "Use 30s or more: resolvers raise shorter ones, and ask all the time",
                   "ttl is %u s", conf->ttl);
    if (conf->ttl > TTL_LONG_S)
        report_add(report, SEVERITY_WARNING, "ttl-long", 0,
                   "Use an hour or less; a minute is usual",
                   "ttl is %u s, and so long users may be sent to a site that is down", conf->ttl);
    if (conf->negative_ttl > conf->ttl)
        report_add(report, SEVERITY_WARNING, "negative-ttl-long", 0,
                   "Leave negative-ttl out; it is then the same as ttl",
                   "negative-ttl, %u s, is longer than ttl, %u s", conf->negative_ttl, conf->ttl);
    if (conf->delegation_ttl > DELEGATION_TTL_LONG_S)
        report_add(report, SEVERITY_WARNING, "delegation-ttl-long", 0,
                   "Use a day or less; an hour is usual",
                   "delegation-ttl is %u s, and so long resolvers ask a site that was removed",
                   conf->delegation_ttl);
}

static size_t labels_below(const char *name, const char *zone)
{
    size_t labels = 1;

    for (const char *c = name; c < name + strlen(name) - strlen(zone) - 1; c++)
        labels += *c == '.';
    return labels;
}

static void lint_names(const struct conf *conf, struct report *report)
{
    for (size_t i = 0; i < conf->n_sites; i++) {
        const struct conf_site *site = &conf->sites[i];

        if (name_is_within(site->nameserver, conf->name) &&
            labels_below(site->nameserver, conf->name) > 1)
            report_add(report, SEVERITY_WARNING, "deep-nameserver", site->line,
                       "Name it one label below the delegated name: others add empty names between",
                       "[site %s]: %s is more than one label below %s", site->id, site->nameserver,
                       conf->name);
    }
}

static void lint_size(const struct delegation *d, struct report *report)
{
    size_t n = d->conf->n_sites;
    size_t plain = referral_size(d, n, REFERRAL_PLAIN), full = referral_size(d, n, REFERRAL_DNSSEC);

    if (full > DNS_UDP_EDNS)
        report_add(report, SEVERITY_WARNING, "referral-1232", 0,
                   "Use fewer sites or shorter name server names, best all in the parent zone",
                   "the referral takes %zu octets; %d fit into a UDP packet, that is %zu of %zu "
                   "sites",
                   full, DNS_UDP_EDNS, referral_fits(d, REFERRAL_DNSSEC), n);
    else if (plain > DNS_UDP_PLAIN)
        report_add(report, SEVERITY_WARNING, "referral-512", 0,
                   "Use fewer sites, fewer addresses or shorter name server names",
                   "the referral takes %zu octets; a resolver without EDNS gets %d, that is %zu of "
                   "%zu sites",
                   plain, DNS_UDP_PLAIN, referral_fits(d, REFERRAL_PLAIN), n);
}

/* RFC 7505: an MX of preference 0 and the root as its target says that there is no mail. */
static void lint_records(const struct conf *conf, const ldns_rr_list *records,
                         struct report *report)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(records, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_MX &&
            ldns_dname_label_count(ldns_rr_rdf(rr, 1)) > 0) {
            report_add(report, SEVERITY_WARNING, "mail-promised", 0,
                       "Give mail to a name that does not fail over; `@ MX 0 .` says that there is "
                       "none",
                       "the extra records of %s promise mail (MX)", conf->name);
            return;
        }
    }
}

static bool has_type(const struct delegation *d, enum record_type type)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].type == type)
            return true;
    return false;
}

static void lint_format_ttl(const struct conf *conf, const struct format *format,
                            struct report *report)
{
    if (conf->delegation_ttl < format->ttl_min)
        report_add(report, SEVERITY_ERROR, "form-ttl-limit", 0, "Raise delegation-ttl",
                   "%s takes no TTL below %u s, and delegation-ttl is %u s", format->name,
                   format->ttl_min, conf->delegation_ttl);
    if (format->ttl_max && conf->delegation_ttl > format->ttl_max)
        report_add(report, SEVERITY_ERROR, "form-ttl-limit", 0, "Lower delegation-ttl",
                   "%s takes no TTL above %u s, and delegation-ttl is %u s", format->name,
                   format->ttl_max, conf->delegation_ttl);
}

static void lint_format(const struct delegation *d, const struct format *format,
                        struct report *report)
{
    if (format->lacks_ds && d->ds_state != DS_NONE)
        report_add(report, SEVERITY_WARNING, "form-lacks-ds", 0,
                   "Serve the parent zone with another server, or leave the name unsigned",
                   "%s cannot serve DS records", format->name);
    if (format->lacks_aaaa_referral && has_type(d, RECORD_AAAA))
        report_add(report, SEVERITY_WARNING, "form-lacks-aaaa", 0,
                   "Give each site an IPv4 address too", "%s puts no AAAA records into referrals",
                   format->name);
    if (format->ns_max && d->conf->n_sites > format->ns_max)
        report_add(report, SEVERITY_ERROR, "form-ns-limit", 0,
                   "Use fewer sites, or another provider for the parent zone",
                   "%s takes at most %zu NS records for a name, and there are %zu sites",
                   format->name, format->ns_max, d->conf->n_sites);
    lint_format_ttl(d->conf, format, report);
}

static void add_finding(void *userdata, const struct conf_finding *finding)
{
    report_add(userdata, SEVERITY_WARNING, finding->tag, finding->line, finding->fix, "%s",
               finding->text);
}

void lint(const struct delegation *d, const ldns_rr_list *records, const struct format *format,
          struct report *report)
{
    lint_numbers(d, report);
    lint_ttls(d->conf, report);
    lint_names(d->conf, report);
    conf_lint(d->conf, add_finding, report);
    lint_addresses(d->conf, report);
    lint_size(d, report);
    lint_records(d->conf, records, report);
    lint_format(d, format, report);
}
