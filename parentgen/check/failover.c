/* SPDX-License-Identifier: ISC */
#include "failover.h"

/* The slowest warm resolver of BIND, Unbound, Knot Resolver and PowerDNS Recursor, measured: one
 * lookup that meets a silent site, or one that answers SERVFAIL. */
enum { RETRY_SILENT_MS = 1600, RETRY_SERVFAIL_MS = 100 };

static bool has_standby(const struct conf *conf)
{
    for (size_t i = 1; i < conf->n_sites; i++)
        if (conf->sites[i].preference != conf->sites[0].preference)
            return true;
    return false;
}

/* The web server stops just after a probe has passed; each probe then takes its whole time. */
static unsigned detection_ms(const struct conf_check *check)
{
    return check->interval_ms + (check->fall - 1) * check->fast_interval_ms +
           check->fall * check->timeout_ms;
}

struct failover failover_of(const struct conf *conf)
{
    struct failover f = {.ttl_ms = conf->ttl * 1000};

    for (size_t i = 0; i < conf->n_checks; i++)
        if (detection_ms(&conf->checks[i]) > f.detection_ms)
            f.detection_ms = detection_ms(&conf->checks[i]);
    f.takeover_ms = has_standby(conf) ? f.detection_ms : 0;
    f.retry_ms =
        conf->policy.withdraw == CONF_WITHDRAW_SILENT ? RETRY_SILENT_MS : RETRY_SERVFAIL_MS;
    return f;
}

static unsigned total_ms(const struct failover *f)
{
    return f->detection_ms + f->takeover_ms + f->ttl_ms + f->retry_ms;
}

void failover_print(const struct conf *conf, FILE *out)
{
    struct failover f = failover_of(conf);

    fprintf(out, "Worst failover: %.1f s = %.1f s until the site is silent", total_ms(&f) / 1e3,
            f.detection_ms / 1e3);
    if (f.takeover_ms)
        fprintf(out, " + %.1f s until the standby answers", f.takeover_ms / 1e3);
    fprintf(out, " + %u s TTL + %.1f s a resolver's retry.\n", conf->ttl, f.retry_ms / 1e3);
}

json_t *failover_json(const struct conf *conf)
{
    struct failover f = failover_of(conf);

    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "seconds", total_ms(&f) / 1e3, "detection",
                     f.detection_ms / 1e3, "takeover", f.takeover_ms / 1e3, "ttl", f.ttl_ms / 1e3,
                     "retry", f.retry_ms / 1e3);
}
