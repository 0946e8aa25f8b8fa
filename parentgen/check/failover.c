/* SPDX-License-Identifier: ISC */
#include "failover.h"

/* The slowest warm resolver of BIND, Unbound, Knot Resolver and PowerDNS Recursor, measured: one
 * lookup that meets a silent site, or one that answers SERVFAIL. */
enum { RETRY_SILENT_MS = 1600, RETRY_SERVFAIL_MS = 100 };

/* A site of which nothing comes for so long is not well for others, as health/peer_pace.h has it:
 * for each probe in a row that fails, but a second at least. */
enum { PEER_PROBE_MS = 500, PEER_SILENCE_MS = 1000 };

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

/* A standby gives the addresses of better sites; with `answer = serving` all give each other's.
 * Others are asked at the pace of the first check. A site that answers says itself that it is not
 * well; silence has to last. */
static unsigned takeover_ms(const struct conf *conf)
{
    const struct conf_check *pace = &conf->checks[0];
    unsigned silence_ms = pace->fall * PEER_PROBE_MS;

    if (!has_standby(conf) && conf->policy.answer == CONF_ANSWER_OWN)
        return 0;
    if (conf->policy.withdraw != CONF_WITHDRAW_SILENT)
        return pace->interval_ms;
    return pace->interval_ms + (pace->fall - 1) * pace->fast_interval_ms +
           (silence_ms > PEER_SILENCE_MS ? silence_ms : PEER_SILENCE_MS);
}

static unsigned retry_ms(enum conf_withdraw withdraw)
{
    switch (withdraw) {
    case CONF_WITHDRAW_SILENT:
        return RETRY_SILENT_MS;
    case CONF_WITHDRAW_SERVFAIL:
        return RETRY_SERVFAIL_MS;
    default:
        return 0;
    }
}

struct failover failover_of(const struct conf *conf)
{
    struct failover f = {.ttl_ms = conf->ttl * 1000};

    for (size_t i = 0; i < conf->n_checks; i++)
        if (detection_ms(&conf->checks[i]) > f.detection_ms)
            f.detection_ms = detection_ms(&conf->checks[i]);
    f.takeover_ms = takeover_ms(conf);
    f.retry_ms = retry_ms(conf->policy.withdraw);
    return f;
}

static unsigned total_ms(const struct failover *f)
{
    return f->detection_ms + f->takeover_ms + f->ttl_ms + f->retry_ms;
}

void failover_print(const struct conf *conf, FILE *out)
{
    static const char *const ways[] = {[CONF_WITHDRAW_SILENT] = "is silent",
                                       [CONF_WITHDRAW_SERVFAIL] = "says SERVFAIL",
                                       [CONF_WITHDRAW_HAND_OVER] = "hands over"};
    struct failover f = failover_of(conf);

    fprintf(out, "Worst failover: %.1f s = %.1f s until the site %s", total_ms(&f) / 1e3,
            f.detection_ms / 1e3, ways[conf->policy.withdraw]);
    if (f.takeover_ms)
        fprintf(out, " + %.1f s until the others leave it out", f.takeover_ms / 1e3);
    fprintf(out, " + %u s TTL", conf->ttl);
    if (f.retry_ms)
        fprintf(out, " + %.1f s a resolver's retry", f.retry_ms / 1e3);
    fputs(".\n", out);
}

json_t *failover_json(const struct conf *conf)
{
    struct failover f = failover_of(conf);

    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "seconds", total_ms(&f) / 1e3, "detection",
                     f.detection_ms / 1e3, "takeover", f.takeover_ms / 1e3, "ttl", f.ttl_ms / 1e3,
                     "retry", f.retry_ms / 1e3);
}
