/* SPDX-License-Identifier: ISC */
#include "generation.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "conf/input.h"
#include "log.h"
#include "systemd.h"

enum {
    LOAD_MEMORY = 64 << 20
}; /* more than a load of the most zones with the longest files takes */

struct loader {
    struct generation *generation;
    const char *site;
    const struct self_host *host;
    struct faults *faults;
    int error; /* the first -errno */
};

static void log_fault(void *userdata, const char *text)
{
    const struct log_subject subject = {.message_id = LOG_ID_BAD_CONFIG};

    (void)userdata;
    log_write(LOG_ERROR, &subject, "%s", text);
}

static void log_doubt(void *userdata, const char *text)
{
    (void)userdata;
    log_warning("%s", text);
}

struct faults generation_faults(void)
{
    return (struct faults){.on_fault = log_fault, .on_warning = log_doubt};
}

/* It is taken from the system, as malloc() would in the end, and given back unused. */
bool generation_has_memory(void)
{
    void *memory =
        mmap(NULL, LOAD_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED && munmap(memory, LOAD_MEMORY) == 0;
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
    return g->zones[zone].version.addresses->set;
}

static void note_error(struct loader *l, int r)
{
    if (r < 0 && l->error == 0)
        l->error = r;
}

/* The file may be right at another site, so conf and parentgen take it. */
static void refuse_units(const struct conf *conf, struct faults *faults)
{
    for (size_t i = 0; i < conf->n_checks && !systemd_is_built_in(); i++)
        if (conf->checks[i].unit)
            fault_report(faults, conf->path, conf->checks[i].line,
                         "unit = %s: this build has no systemd: check the server with url, tcp, "
                         "exec or file",
                         conf->checks[i].unit);
}

static void load_file(struct loader *l, const char *path)
{
    struct generation *g = l->generation;
    struct generation_zone *zone = &g->zones[g->n_zones];
    struct conf *conf;
    const char *twin;
    int r;

    r = conf_load(path, l->faults, &conf);
    if (r != 0) {
        note_error(l, r);
        return;
    }
    twin = path_of_same_name(g, conf->name);
    if (twin)
        fault_report(l->faults, path, 0, "%s is described in %s already", conf->name, twin);
    else if (g->n_zones == GENERATION_ZONES_MAX)
        fault_report(l->faults, path, 0, "more than %d site files", GENERATION_ZONES_MAX);
    if (twin || g->n_zones == GENERATION_ZONES_MAX) {
        conf_free(conf);
        return;
    }
    g->n_zones++;
    zone->conf = conf;
    refuse_units(conf, l->faults);
    if (!self_find(conf, l->host, l->site, l->faults, &zone->known))
        return;
    zone->self = zone->known.site;
    note_error(l, zone_load(conf, l->faults, &zone->zone));
}

static void load_directory(struct loader *l, const char *path)
{
    char *pattern = NULL;
    glob_t found;
    int r;

    if (asprintf(&pattern, "%s/*.conf", path) < 0) {
        note_error(l, -ENOMEM);
        return;
    }
    r = glob(pattern, GLOB_ERR, NULL, &found);
    if (r == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            load_file(l, found.gl_pathv[i]);
        globfree(&found);
    } else if (r == GLOB_NOMATCH) {
        fault_report(l->faults, path, 0, "no site file (NAME.conf) in this directory");
    } else if (r == GLOB_NOSPACE || input_is_shortage(errno)) {
        note_error(l, r == GLOB_NOSPACE ? -ENOMEM : -errno);
    } else {
        fault_report(l->faults, path, 0, "cannot be read: %s", strerror(errno));
    }
    free(pattern);
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int generation_load(char *const *paths, size_t n_paths, const char *site,
                    const struct self_host *host, struct faults *faults, struct generation **ret)
{
    struct generation *g = generation_has_memory() ? calloc(1, sizeof *g) : NULL;
    struct loader l = {g, site, host, faults, 0};
    size_t before = faults->n;

    if (!g)
        return -ENOMEM;
    for (size_t i = 0; i < n_paths; i++) {
        if (is_directory(paths[i]))
            load_directory(&l, paths[i]);
        else
            load_file(&l, paths[i]);
    }
    if (l.error < 0 || faults->n > before) {
        generation_free(g);
        return l.error < 0 ? l.error : FAULTS_REPORTED;
    }
    *ret = g;
    return 0;
}

void generation_free(struct generation *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_zones; i++) {
        version_done(&g->zones[i].version);
        zone_free(g->zones[i].zone);
        conf_free(g->zones[i].conf);
    }
    free(g);
}
