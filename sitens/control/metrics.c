/* SPDX-License-Identifier: ISC */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/sign.h"
#include "log.h"

static void family(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A sample with the zone as its only label. Names and ids need no quoting: their syntax excludes
 * quotes and backslashes. */
static void zone_sample(FILE *out, const char *metric, const struct service_zone *z, uint64_t value)
{
    fprintf(out, "%s{zone=\"%s\",site=\"%s\"} %" PRIu64 "\n", metric, z->config->conf->name,
            z->config->self->id, value);
}

static bool is_serving(const struct service_zone *z)
{
    size_t self = (size_t)(z->config->self - z->config->conf->sites);

    return answer_set_has_site(service_answers(z), self);
}

static void write_answers(FILE *out, const struct service *s)
{
    family(out, "sitens_answer", "gauge",
           "1 for each site whose addresses this site answers with.");
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        const struct conf *conf = s->generation->zones[i].conf;
        struct answer_set given = service_answers(&s->zones[i]);

        for (size_t k = 0; k < conf->n_sites; k++)
            fprintf(out, "sitens_answer{zone=\"%s\",site=\"%s\"} %d\n", conf->name,
                    conf->sites[k].id, answer_set_has_site(given, k));
    }
}

static void write_overrides(FILE *out, const struct service *s)
{
    family(out, "sitens_override", "gauge",
           "1 for what the operator said of the zone, over its checks: in, out, or held.");
    for (size_t i = 0; i < s->generation->n_zones; i++)
        for (int kind = GATE_AUTO + 1; kind < GATE_OVERRIDES; kind++)
            fprintf(out, "sitens_override{zone=\"%s\",override=\"%s\"} %d\n",
                    s->generation->zones[i].conf->name,
                    gate_override_name((enum gate_override)kind),
                    watch_decision(s->zones[i].watch)->override == (enum gate_override)kind);
}

static void write_states(FILE *out, const struct service *s)
{
    size_t n = s->generation->n_zones;

    family(out, "sitens_state", "gauge", "1 for the state that the zone is in at this site.");
    for (size_t i = 0; i < n; i++)
        for (int state = 0; state < ZONE_STATES; state++)
            fprintf(out, "sitens_state{zone=\"%s\",site=\"%s\",state=\"%s\"} %d\n",
                    s->zones[i].config->conf->name, s->zones[i].config->self->id,
                    zone_state_name((enum zone_state)state),
                    s->zones[i].told.state == (enum zone_state)state);
    family(out, "sitens_serving", "gauge",
           "Whether users are sent to this site: its own addresses are in its answers.");
    for (size_t i = 0; i < n; i++)
        zone_sample(out, "sitens_serving", &s->zones[i], is_serving(&s->zones[i]));
    write_answers(out, s);
    write_overrides(out, s);
    family(out, "sitens_state_changes_total", "counter", "Changes of the zone's state.");
    for (size_t i = 0; i < n; i++)
        zone_sample(out, "sitens_state_changes_total", &s->zones[i], s->zones[i].changes);
    family(out, "sitens_config_serial", "gauge",
           "SOA serial: the fingerprint of the configuration, equal at all sites.");
    for (size_t i = 0; i < n; i++)
        zone_sample(out, "sitens_config_serial", &s->zones[i], s->zones[i].config->zone->serial);
}

static void write_expiry(FILE *out, const struct service *s)
{
    family(out, "sitens_rrsig_expiry_timestamp_seconds", "gauge",
           "When the zone's signatures expire; absent without DNSSEC.");
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        time_t expiry = sign_expiry(&s->generation->zones[i].version);

        if (expiry)
            zone_sample(out, "sitens_rrsig_expiry_timestamp_seconds", &s->zones[i],
                        (uint64_t)expiry);
    }
}

typedef bool (*item_fn)(const struct watch *watch, size_t i, struct watch_item *ret);
typedef double (*value_fn)(const struct watch_item *item);

static double passed(const struct watch_item *item)
{
    return item->passed;
}

static double duration(const struct watch_item *item)
{
    return item->duration_s;
}

static double is_up(const struct watch_item *item)
{
    return item->health == HEALTH_UP;
}

/* One family with a sample for each check, or peer, of every zone. */
static void write_items(FILE *out, const struct service *s, const char *metric, const char *help,
                        item_fn next, const char *label, value_fn value)
{
    family(out, metric, "gauge", help);
    for (size_t i = 0; i < s->generation->n_zones; i++) {
        struct watch_item item;

        for (size_t k = 0; next(s->zones[i].watch, k, &item); k++)
            fprintf(out, "%s{zone=\"%s\",%s=\"%s\"} %.9g\n", metric, s->zones[i].config->conf->name,
                    label, item.name, value(&item));
    }
}

static void write_queries(FILE *out, const struct listeners *l)
{
    static const char *const protos[] = {[COUNTER_UDP] = "udp", [COUNTER_TCP] = "tcp"};
    static const char *const rcodes[COUNTER_RCODES] = {
        [0] = "NOERROR", [1] = "FORMERR", [2] = "SERVFAIL", [3] = "NXDOMAIN",
        [4] = "NOTIMP",  [5] = "REFUSED", [16] = "BADVERS", [23] = "BADCOOKIE",
    };
    static const char *const reasons[] = {
        [COUNTER_SILENT] = "silent",     [COUNTER_MALFORMED] = "malformed",
        [COUNTER_LIMITED] = "ratelimit", [COUNTER_SLIPPED] = "slip",
        [COUNTER_UNSENT] = "unsent",
    };
    struct counters sum = {0};

    listeners_sum(l, &sum);
    family(out, "sitens_queries_total", "counter", "Messages received.");
    for (int i = 0; i < COUNTER_TRANSPORTS; i++)
        fprintf(out, "sitens_queries_total{proto=\"%s\"} %" PRIu64 "\n", protos[i],
                counter_get(&sum.queries[i]));
    family(out, "sitens_responses_total", "counter", "Responses sent.");
    for (int i = 0; i < COUNTER_RCODES; i++)
        if (rcodes[i])
            fprintf(out, "sitens_responses_total{rcode=\"%s\"} %" PRIu64 "\n", rcodes[i],
                    counter_get(&sum.responses[i]));
    family(out, "sitens_ignored_total", "counter",
           "Messages that got no response, or a truncated one (slip), by reason.");
    for (int i = 0; i < COUNTER_IGNORED_REASONS; i++)
        fprintf(out, "sitens_ignored_total{reason=\"%s\"} %" PRIu64 "\n", reasons[i],
                counter_get(&sum.ignored[i]));
    family(out, "sitens_tcp_connections", "gauge", "Open TCP connections.");
    fprintf(out, "sitens_tcp_connections %" PRIu64 "\n", counter_get(&sum.tcp_connections));
}

static void write_confinement(FILE *out, const struct service *s)
{
    unsigned landlock;
    bool whole;

    if (!watch_env_confinement(s->env, &landlock, &whole))
        return;
    family(out, "sitens_http_confined", "gauge",
           "Whether the process that makes HTTP checks has given up all it does not need.");
    fprintf(out, "sitens_http_confined %d\n", whole);
    family(out, "sitens_http_landlock_version", "gauge",
           "The version of Landlock that confines it, 0 without.");
    fprintf(out, "sitens_http_landlock_version %u\n", landlock);
}

static void write_load(FILE *out, const struct metrics_load *load)
{
    family(out, "sitens_config_last_reload_successful", "gauge",
           "Whether the last attempt to load the site files succeeded.");
    fprintf(out, "sitens_config_last_reload_successful %d\n", !load->failed);
    family(out, "sitens_config_last_reload_success_timestamp_seconds", "gauge",
           "When the site files were last loaded with success.");
    fprintf(out, "sitens_config_last_reload_success_timestamp_seconds %" PRIu64 "\n",
            (uint64_t)load->succeeded);
}

static void write_all(FILE *out, const struct service *s, const struct listeners *l)
{
    write_states(out, s);
    write_items(out, s, "sitens_check_success", "Whether the check's last run passed.", watch_check,
                "check", passed);
    write_items(out, s, "sitens_check_duration_seconds", "How long the check's last run took.",
                watch_check, "check", duration);
    write_items(out, s, "sitens_peer_answering",
                "Whether the other site is well, where policy asks for it.", watch_peer, "peer",
                is_up);
    write_expiry(out, s);
    write_confinement(out, s);
    write_queries(out, l);
    family(out, "sitens_log_dropped_total", "counter",
           "Log messages that were dropped because the log could not be written.");
    fprintf(out, "sitens_log_dropped_total %" PRIu64 "\n", log_dropped());
    family(out, "sitens_build_info", "gauge", "Always 1; the label is the version.");
    fprintf(out, "sitens_build_info{version=\"%s\"} 1\n", SITENS_VERSION);
}

void metrics_write(struct replacer *replacer, const char *path, const struct service *s,
                   const struct listeners *l, const struct metrics_load *load)
{
    static const struct replace_options options = {.mode = 0644, .fresh = true};

    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return;
    write_all(out, s, l);
    write_load(out, load);
    if (fclose(out) == 0 && text)
        replacer_put(replacer, path, text, length, &options);
    free(text);
}
