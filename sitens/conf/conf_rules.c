/* SPDX-License-Identifier: ISC */
#include "conf_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "name.h"

enum {
    FAST_INTERVAL_MS = 250,
    HOLD_DOWN_MAX_MS = 5 * 60 * 1000,
    STATUS_LOW = 200, /* what passes: success, and redirects to where it may succeed */
    STATUS_HIGH = 399,
};

/* Who writes what a check does not look at believes that it does. Asked before there are defaults.
 */
static void refuse_useless(const struct conf *conf, const struct conf_check *check,
                           struct faults *faults)
{
    const struct {
        const char *key;
        bool is_given;
    } of_url[] = {
        {"host", check->host},
        {"expect-status", check->expect_status.n > 0},
        {"expect-body", check->expect_body},
    };

    for (size_t i = 0; i < sizeof of_url / sizeof *of_url && !check->url.path; i++)
        if (of_url[i].is_given)
            fault_report(faults, conf->path, check->line, "%s is of use only beside `url`",
                         of_url[i].key);
    if (check->max_age_ms && !check->file)
        fault_report(faults, conf->path, check->line, "max-age is of use only beside `file`");
    if ((check->ca_file || check->insecure) && !check->url.tls)
        fault_report(faults, conf->path, check->line,
                     "ca-file and insecure are of use only beside an https url");
}

/* Defaults that are made of the zone's name. */
static int fill_texts(struct conf *conf)
{
    const char *dot = conf->name ? strchr(conf->name, '.') : NULL;

    if (dot && !conf->parent && !(conf->parent = strdup(dot + 1)))
        return -ENOMEM;
    if (conf->parent && !conf->hostmaster &&
        asprintf(&conf->hostmaster, "hostmaster.%s", conf->parent) < 0) {
        conf->hostmaster = NULL;
        return -ENOMEM;
    }
    for (size_t i = 0; conf->name && i < conf->n_checks; i++)
        if (!conf->checks[i].host && !(conf->checks[i].host = strdup(conf->name)))
            return -ENOMEM;
    return 0;
}

static void apply_zone(struct conf *conf, struct faults *faults)
{
    if (!conf->negative_ttl)
        conf->negative_ttl = conf->ttl;
    if (!conf->name)
        fault_report(faults, conf->path, 0,
                     "[zone] lacks `name`, the delegated name, such as get.example.org");
    else if (!name_is_below(conf->name, conf->parent))
        fault_report(faults, conf->path, 0, "parent = %s: must be a zone above %s", conf->parent,
                     conf->name);
}

static void apply_site(struct conf *conf, struct conf_site *site, struct faults *faults)
{
    if (!site->nameserver)
        fault_report(faults, conf->path, site->line,
                     "[site %s] lacks `nameserver`, the name of its name server", site->id);
    if (!site->address.n)
        fault_report(faults, conf->path, site->line,
                     "[site %s] lacks `address`, what the name resolves to there", site->id);
    if (site->nameserver && conf->name && !strcmp(site->nameserver, conf->name))
        fault_report(faults, conf->path, site->line,
                     "[site %s]: the nameserver cannot be %s itself: that name has another address "
                     "at each site",
                     site->id, conf->name);
    if (site->nameserver && conf->parent && !strcmp(site->nameserver, conf->parent))
        fault_report(
            faults, conf->path, site->line,
            "[site %s]: the nameserver cannot be %s itself, the parent zone: what that name "
            "has would be replaced; use a name below it, such as ns1.%s",
            site->id, conf->parent, conf->parent);
    for (struct conf_site *other = conf->sites; other < site; other++) {
        if (site->nameserver && other->nameserver && !strcmp(site->nameserver, other->nameserver))
            fault_report(faults, conf->path, site->line,
                         "[site %s] and [site %s] have the same nameserver, %s", other->id,
                         site->id, site->nameserver);
        for (size_t i = 0; i < site->address.n * other->address.n; i++)
            if (address_is_equal(&site->address.at[i / other->address.n],
                                 &other->address.at[i % other->address.n]))
                fault_report(faults, conf->path, site->line,
                             "[site %s] and [site %s] have an address in common", other->id,
                             site->id);
    }
}

/* systemd's names: a name, a dot and one of its types. */
static bool is_unit(const char *text)
{
    static const char *const types[] = {".service", ".socket", ".target", ".mount",
                                        ".path",    ".timer",  ".scope",  ".slice"};
    const char *dot = strrchr(text, '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (!strcmp(dot, types[i]))
            return dot > text && strlen(text) < 256 && !strpbrk(text, " \t/");
    return false;
}

static void apply_check(const struct conf *conf, struct conf_check *check, struct faults *faults)
{
    int probes = (check->url.path != NULL) + (check->tcp.address.family != 0) +
                 (check->exec != NULL) + (check->file != NULL);

    if (!probes && !check->unit)
        fault_report(faults, conf->path, check->line,
                     "the check asks nothing: it needs one of url, tcp, exec, file or unit");
    if (probes > 1)
        fault_report(
            faults, conf->path, check->line,
            "only one of url, tcp, exec and file in one check; use [check NAME] for the others");
    if (check->exec && check->exec[0] != '/')
        fault_report(
            faults, conf->path, check->line,
            "exec = %.200s: the command must be named by its full path, which begins with `/`",
            check->exec);
    if (check->unit && !is_unit(check->unit))
        fault_report(faults, conf->path, check->line,
                     "unit = %.200s: must be a systemd unit's full name, such as nginx.service",
                     check->unit);
    if (!check->fast_interval_ms)
        check->fast_interval_ms =
            check->interval_ms < FAST_INTERVAL_MS ? check->interval_ms : FAST_INTERVAL_MS;
    if (check->fast_interval_ms > check->interval_ms)
        fault_report(faults, conf->path, check->line, "fast-interval is longer than interval");
    if (!check->expect_status.n) {
        check->expect_status.n = 1;
        check->expect_status.at[0].low = STATUS_LOW;
        check->expect_status.at[0].high = STATUS_HIGH;
    }
    if (check->ca_file && check->insecure)
        fault_report(faults, conf->path, check->line, "ca-file and insecure contradict each other");
}

static void apply_policy(struct conf *conf, struct faults *faults)
{
    struct conf_policy *policy = &conf->policy;

    if (policy->hold_down_max_ms == CONF_NOT_GIVEN)
        policy->hold_down_max_ms =
            policy->hold_down_ms > HOLD_DOWN_MAX_MS ? policy->hold_down_ms : HOLD_DOWN_MAX_MS;
    if (policy->hold_down_max_ms < policy->hold_down_ms)
        fault_report(faults, conf->path, 0, "hold-down-max is shorter than hold-down");
}

int conf_rules_apply(struct conf *conf, struct faults *faults)
{
    int r;

    for (size_t i = 0; i < conf->n_checks; i++)
        refuse_useless(conf, &conf->checks[i], faults);
    r = fill_texts(conf);
    if (r < 0)
        return r;
    apply_zone(conf, faults);
    apply_policy(conf, faults);
    if (!conf->n_sites)
        fault_report(faults, conf->path, 0,
                     "there is no site; describe each in a [site ID] section");
    if (!conf->n_checks)
        fault_report(
            faults, conf->path, 0,
            "there is no check of the local web server; a [check] section needs at least `url`");
    for (size_t i = 0; i < conf->n_sites; i++)
        apply_site(conf, &conf->sites[i], faults);
    for (size_t i = 0; i < conf->n_checks; i++)
        apply_check(conf, &conf->checks[i], faults);
    return 0;
}
