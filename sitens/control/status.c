/* SPDX-License-Identifier: ISC */
#include "status.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/value.h"
#include "dns/sign.h"
#include "dns/zone.h"

static json_t *answers_of(const struct service_zone *z)
{
    const struct conf *conf = z->config->conf;
    struct answer_set given = service_answers(z);
    json_t *list = json_array();

    for (size_t i = 0; i < conf->n_sites; i++)
        if (answer_set_has_site(given, i))
            json_array_append_new(list, json_string(conf->sites[i].id));
    return list;
}

static const char *health_name(enum health health)
{
    return health == HEALTH_UP ? "up" : health == HEALTH_DOWN ? "down" : "unknown";
}

static json_t *checks_of(const struct service_zone *z)
{
    json_t *list = json_array();
    struct watch_item item;

    for (size_t i = 0; watch_check(z->watch, i, &item); i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b, s:f, s:s}", "name", item.name, "health",
                                        health_name(item.health), "passed", item.passed, "duration",
                                        item.duration_s, "reason", item.reason));
    return list;
}

static json_t *peers_of(const struct service_zone *z)
{
    json_t *list = json_array();
    struct watch_item item;

    for (size_t i = 0; watch_peer(z->watch, i, &item); i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "site", item.name, "health", health_name(item.health)));
    return list;
}

static json_t *override_of(const struct service_zone *z, const struct overrides *overrides)
{
    const struct override *said = overrides_find(overrides, z->config->conf->name);

    if (!said)
        return json_null();
    return json_pack("{s:s, s:I, s:I, s:b}", "kind", gate_override_name(said->kind), "since",
                     (json_int_t)said->since, "uid", (json_int_t)said->by, "runtime",
                     said->runtime);
}

/* The name of a file may be in any encoding. */
static json_t *path_of(const struct service_zone *z)
{
    char text[PATH_MAX];

    return json_string(value_utf8(z->config->conf->path, text, sizeof text));
}

static json_t *zone_of(const struct service_zone *z, const struct overrides *overrides)
{
    const struct gate_decision *d = watch_decision(z->watch);
    time_t expiry = sign_expiry(&z->config->version);
    json_t *signatures_end = expiry ? json_integer((json_int_t)expiry) : json_null();

    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "zone",
                     z->config->conf->name, "site", z->config->self->id, "state",
                     zone_state_name(z->told.state), "since", (json_int_t)z->since, "reason",
                     d->reason, "well", d->well, "answers", answers_of(z), "override",
                     override_of(z, overrides), "checks", checks_of(z), "peers", peers_of(z),
                     "serial", (json_int_t)z->config->zone->serial, "signatures_end",
                     signatures_end, "file", path_of(z));
}

char *status_json(const struct service *s, const struct overrides *overrides, const char *zone,
                  bool reload_failed)
{
    json_t *zones = json_array();
    json_t *whole = json_pack("{s:s, s:b, s:o}", "version", SITENS_VERSION, "reload_failed",
                              reload_failed, "zones", zones);
    char *text, *line = NULL;
    bool good = whole;

    for (size_t i = 0; good && i < s->generation->n_zones; i++)
        if (!zone || !strcmp(s->zones[i].config->conf->name, zone))
            good = json_array_append_new(zones, zone_of(&s->zones[i], overrides)) == 0;
    text = good ? json_dumps(whole, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(whole);
    if (text && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    return line;
}
