/* SPDX-License-Identifier: ISC */
#include "generation.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dns/compile.h"
#include "dns/sign.h"

struct loader {
    struct generation *generation;
    const char *site;
    const struct self_host *host;
    conf_fault_fn on_fault;
    void *userdata;
    bool faulty;
};

__attribute__((format(printf, 2, 3))) static void fault(struct loader *l, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    l->faulty = true;
    l->on_fault(l->userdata, text);
}

static const char *path_of_same_name(const struct generation *g, const char *name)
{
    for (size_t i = 0; i < g->n_zones; i++)
        if (!strcmp(g->zones[i].conf->name, name))
            return g->zones[i].conf->path;
    return NULL;
}

bool generation_has(const struct generation *g, const char *name)
{
    return path_of_same_name(g, name) != NULL;
}

struct answer_set generation_answers(const struct generation *g, size_t zone)
{
    return g->zones[zone].zone->set;
}

static void load_file(struct loader *l, const char *path)
{
    struct generation *g = l->generation;
    struct generation_zone *zone = &g->zones[g->n_zones];
    struct conf *conf;
    const char *twin;

    if (conf_load(path, l->on_fault, l->userdata, &conf) < 0) {
        l->faulty = true;
        return;
    }
    twin = path_of_same_name(g, conf->name);
    if (twin)
        fault(l, "%s: %s is described in %s already", path, conf->name, twin);
    else if (g->n_zones == GENERATION_ZONES_MAX)
        fault(l, "%s: more than %d site files", path, GENERATION_ZONES_MAX);
    if (twin || g->n_zones == GENERATION_ZONES_MAX) {
        conf_free(conf);
        return;
    }
    g->n_zones++;
    zone->conf = conf;
    zone->self = self_find(conf, l->host, l->site, l->on_fault, l->userdata);
    if (!zone->self || zone_load(conf, zone->self, l->on_fault, l->userdata, &zone->zone) < 0)
        l->faulty = true;
    else
        zone->serial = zone->zone->serial;
    if (zone->zone && sign_zone(zone->zone, time(NULL)) < 0)
        fault(l, "%s: the zone cannot be signed with these keys", path);
}

static void load_directory(struct loader *l, const char *path)
{
    char *pattern = NULL;
    glob_t found;
    int r;

    if (asprintf(&pattern, "%s/*.conf", path) < 0)
        return;
    r = glob(pattern, GLOB_ERR, NULL, &found);
    if (r == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            load_file(l, found.gl_pathv[i]);
        globfree(&found);
    } else if (r == GLOB_NOMATCH) {
        fault(l, "%s: no site file (NAME.conf) in this directory", path);
    } else {
        fault(l, "%s: cannot be read: %s", path, strerror(errno));
    }
    free(pattern);
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int generation_load(char *const *paths, size_t n_paths, const char *site,
                    const struct self_host *host, conf_fault_fn on_fault, void *userdata,
                    struct generation **ret)
{
    struct generation *g = calloc(1, sizeof *g);
    struct loader l = {g, site, host, on_fault, userdata, false};

    if (!g)
        return -ENOMEM;
    for (size_t i = 0; i < n_paths; i++) {
        if (is_directory(paths[i]))
            load_directory(&l, paths[i]);
        else
            load_file(&l, paths[i]);
    }
    if (l.faulty) {
        generation_free(g);
        return -EINVAL;
    }
    *ret = g;
    return 0;
}

size_t generation_sign(struct generation *g, time_t now, conf_fault_fn on_failure, void *userdata)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n_zones; i++) {
        struct zone *zone = g->zones[i].zone;
        char text[320];

        if (!sign_is_due(zone, now))
            continue;
        if (sign_zone(zone, now) == 0) {
            n++;
            continue;
        }
        snprintf(text, sizeof text, "%s: re-signing failed; keeping the previous signatures",
                 g->zones[i].conf->name);
        on_failure(userdata, text);
    }
    return n;
}

void generation_discard(struct generation *g, time_t now)
{
    for (size_t i = 0; i < g->n_zones; i++)
        sign_discard(g->zones[i].zone, now);
}

int generation_compile(const struct generation *g, struct table **ret)
{
    struct zone *zones[GENERATION_ZONES_MAX];

    for (size_t i = 0; i < g->n_zones; i++)
        zones[i] = g->zones[i].zone;
    return compile_table(zones, g->n_zones, g->zones[0].self->id, ret);
}

void generation_free(struct generation *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_zones; i++) {
        zone_free(g->zones[i].zone);
        conf_free(g->zones[i].conf);
    }
    free(g);
}
