/* SPDX-License-Identifier: ISC */
#include "publish.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "directories.h"
#include "dns/zone.h"
#include "log.h"
#include "metrics.h"
#include "systemd.h"

static const struct replace_options file_options = {.mode = 0644, .fresh = true};

int publisher_init(struct publisher *p, const char *metrics_path)
{
    if (metrics_path)
        snprintf(p->metrics_path, sizeof p->metrics_path, "%s", metrics_path);
    else
        snprintf(p->metrics_path, sizeof p->metrics_path, "%s/sitens.prom", directories_run_time());
    p->states = replacer_new();
    p->metrics = replacer_new();
    return p->states && p->metrics ? 0 : -ENOMEM;
}

void publisher_done(struct publisher *p)
{
    replacer_free(p->states);
    replacer_free(p->metrics);
}

void publish_configuration(const struct generation *generation)
{
    for (size_t i = 0; i < generation->n_zones; i++) {
        const struct generation_zone *z = &generation->zones[i];

        const struct log_subject subject = {LOG_ID_DOUBT, z->conf->name, z->self->id, NULL, NULL};

        log_info("%s: site %s, known %s; serial %u, from %s", z->conf->name, z->self->id,
                 z->known.by, z->zone->serial, z->conf->path);
        if (z->known.doubt[0])
            log_write(LOG_WARN, &subject, "%s: %s", z->conf->name, z->known.doubt);
    }
}

static void zone_path(const char *zone, const char *suffix, char *path)
{
    snprintf(path, PATH_MAX, "%s/%s.%s", directories_run_time(), zone, suffix);
}

/* A web server can ask whether a file exists, but not what it says. */
static void publish_marker(struct publisher *p, const char *zone, bool standby)
{
    char path[PATH_MAX];

    zone_path(zone, "standby", path);
    if (!(standby ? replacer_put(p->states, path, "", 0, &file_options)
                  : replacer_remove(p->states, path)))
        p->lost = true;
}

void publish_state(struct publisher *p, const struct service_zone *zone)
{
    const char *name = zone->config->conf->name;
    const struct gate_decision *d = watch_decision(zone->watch);
    char path[PATH_MAX], answers[1024], text[1536];
    int length;

    if (service_is_waiting(zone)) /* for what is not in service yet */
        return;
    length =
        snprintf(text, sizeof text, "%s %s\nanswers: %s\n", zone_state_name(d->state), d->reason,
                 service_answers_text(zone, service_answers(zone), answers, sizeof answers));
    zone_path(name, "state", path);
    if (!replacer_put(p->states, path, text, (size_t)length, &file_options))
        p->lost = true;
    publish_marker(p, name, d->standby);
}

static void forget_zone(struct publisher *p, const char *zone)
{
    static const char *const suffixes[] = {"state", "standby"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        zone_path(zone, suffixes[i], path);
        replacer_remove(p->states, path);
    }
}

void publish_forget(struct publisher *p, const struct generation *before,
                    const struct generation *now)
{
    for (size_t i = 0; before && i < before->n_zones; i++)
        if (!generation_has(now, before->zones[i].conf->name))
            forget_zone(p, before->zones[i].conf->name);
}

void publish_load(struct publisher *p, bool success, time_t now)
{
    p->load.failed = !success;
    if (success)
        p->load.succeeded = now;
}

void publish_metrics(struct publisher *p, const struct service *service,
                     const struct listeners *listeners)
{
    metrics_write(p->metrics, p->metrics_path, service, listeners, &p->load);
}

void publish_status(struct publisher *p, const struct service *service)
{
    static const char failed[] = " (reload failed, previous configuration)";
    char all[1024], text[sizeof all + sizeof failed];

    service_describe(service, all, sizeof all);
    value_utf8(all, text, sizeof all); /* it may have been cut within a character */
    if (p->load.failed)
        strcat(text, failed);
    if (!systemd_status(text))
        p->lost = true;
}

void publish_all(struct publisher *p, const struct service *service,
                 const struct listeners *listeners)
{
    for (size_t i = 0; i < service->generation->n_zones; i++)
        publish_state(p, &service->zones[i]);
    publish_status(p, service);
    publish_metrics(p, service, listeners);
}

void publish_lost(struct publisher *p, const struct service *service,
                  const struct listeners *listeners)
{
    bool lost = p->lost;

    p->lost = false;
    if (lost)
        publish_all(p, service, listeners);
}
