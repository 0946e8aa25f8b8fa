/* SPDX-License-Identifier: ISC */
#include "publish.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "metrics.h"
#include "replace.h"
#include "systemd.h"

static const char *run_time_directory(void)
{
    const char *directory = getenv("RUNTIME_DIRECTORY");

    return directory ? directory : "/run/sitens";
}

/* Warns once, not every few seconds. */
static void note(int *last, const char *path, int error)
{
    if (error < 0 && error != *last)
        log_warning("%s cannot be written: %s", path, strerror(-error));
    *last = error;
}

void publish_configuration(const struct generation *generation)
{
    for (size_t i = 0; i < generation->n_zones; i++) {
        const struct generation_zone *z = &generation->zones[i];

        log_info("%s: site %s, serial %u, from %s", z->conf->name, z->self->id, z->serial,
                 z->conf->path);
    }
}

static void zone_path(const char *zone, const char *suffix, char *path)
{
    snprintf(path, PATH_MAX, "%s/%s.%s", run_time_directory(), zone, suffix);
}

/* A web server can ask whether a file exists, but not what it says. */
static void publish_marker(struct publisher *p, const char *zone, bool standby)
{
    char path[PATH_MAX];

    zone_path(zone, "standby", path);
    if (standby)
        note(&p->state_error, path, replace_file(path, "", 0, 0644, false));
    else
        unlink(path);
}

void publish_state(struct publisher *p, const struct service_zone *zone)
{
    const char *name = zone->config->conf->name;
    enum zone_state state = watch_state(zone->watch);
    char path[PATH_MAX], text[512];
    int length =
        snprintf(text, sizeof text, "%s %s\n", zone_state_name(state), watch_reason(zone->watch));

    zone_path(name, "state", path);
    note(&p->state_error, path, replace_file(path, text, (size_t)length, 0644, false));
    publish_marker(p, name, state == ZONE_STANDBY);
}

static void forget_zone(const char *zone)
{
    static const char *const suffixes[] = {"state", "standby"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        zone_path(zone, suffixes[i], path);
        unlink(path);
    }
}

void publish_forget(const struct generation *before, const struct generation *now)
{
    for (size_t i = 0; before && i < before->n_zones; i++)
        if (!generation_has(now, before->zones[i].conf->name))
            forget_zone(before->zones[i].conf->name);
}

void publish_metrics(struct publisher *p, const struct service *service,
                     const struct listeners *listeners)
{
    char path[PATH_MAX];

    if (p->metrics_path)
        snprintf(path, sizeof path, "%s", p->metrics_path);
    else
        snprintf(path, sizeof path, "%s/sitens.prom", run_time_directory());
    note(&p->metrics_error, path, metrics_write(path, service, listeners));
}

void publish_summary(struct publisher *p, const struct service *service,
                     const struct listeners *listeners)
{
    char text[1024];

    service_describe(service, text, sizeof text);
    systemd_status(text);
    publish_metrics(p, service, listeners);
}

void publish_all(struct publisher *p, const struct service *service,
                 const struct listeners *listeners)
{
    for (size_t i = 0; i < service->generation->n_zones; i++)
        publish_state(p, &service->zones[i]);
    publish_summary(p, service, listeners);
}
