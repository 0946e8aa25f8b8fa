/* SPDX-License-Identifier: ISC */
#include "inspect.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/conf_lint.h"
#include "dns/keys.h"
#include "dns/zone_print.h"
#include "endpoints.h"
#include "generation.h"
#include "holder.h"
#include "log.h"
#include "update.h"

/* Makes the answers of g. Returns 0, FAULTS_REPORTED or -errno. */
static int make_answers(struct generation *g)
{
    struct update *update = update_new(g, time(NULL));
    int r = update ? update_run(update) : -ENOMEM;

    if (r < 0 && r != -ENOMEM) {
        log_error("%s", update->why);
        r = FAULTS_REPORTED;
    }
    if (r == 0)
        update_commit(update);
    update_free(update);
    return r;
}

/* The host is the caller's to free also on failure. */
static int load(const struct server_options *options, struct self_host **ret_host,
                struct generation **ret)
{
    struct faults faults = generation_faults();
    struct generation *g = NULL;
    int r = self_host_read(ret_host);

    if (r == 0)
        r = generation_load(options->paths, options->n_paths, options->site, *ret_host, &faults,
                            &g);
    if (r == 0)
        r = make_answers(g);
    if (r == 0)
        *ret = g;
    else
        generation_free(g);
    if (r < 0)
        log_error("reading the configuration: %s", strerror(-r));
    return r == 0 ? EX_OK : r < 0 ? EX_OSERR : EX_CONFIG;
}

static void print_finding(void *userdata, const struct conf_finding *finding)
{
    const char *path = userdata;

    if (finding->line)
        log_warning("%s:%u: %s. %s [%s]", path, finding->line, finding->text, finding->fix,
                    finding->tag);
    else
        log_warning("%s: %s. %s [%s]", path, finding->text, finding->fix, finding->tag);
}

static void print_zone_summary(const struct generation_zone *z)
{
    char text[ADDRESS_TEXT_MAX], tags[512];

    printf("%s: serial %u, from %s\n", z->conf->name, z->zone->serial, z->conf->path);
    printf("  this host is site %s, known %s\n  it answers", z->self->id, z->known.by);
    for (size_t i = 0; i < z->self->address.n; i++)
        printf(" %s", address_text(&z->self->address.at[i], text));
    printf(" (TTL %u s)\n  %zu site%s, %zu check%s\n", z->conf->ttl, z->conf->n_sites,
           z->conf->n_sites == 1 ? "" : "s", z->conf->n_checks, z->conf->n_checks == 1 ? "" : "s");
    if (z->zone->keys)
        printf("  keys by their tags: %s\n", keys_describe(z->zone->keys, tags, sizeof tags));
    if (z->known.doubt[0])
        log_warning("%s: %s", z->conf->name, z->known.doubt);
    conf_lint(z->conf, print_finding, z->conf->path);
}

/* The sandbox of the service may see other files than who tests, so this is no error. */
static void warn_of_commands(const struct conf *conf)
{
    for (size_t i = 0; i < conf->n_checks; i++) {
        const char *exec = conf->checks[i].exec;
        char path[PATH_MAX];

        if (!exec)
            continue;
        snprintf(path, sizeof path, "%.*s", (int)strcspn(exec, " \t"), exec);
        if (access(path, X_OK) < 0)
            log_warning("%s:%u: exec: %s: %s", conf->path, conf->checks[i].line, path,
                        strerror(errno));
    }
}

static void print_endpoints(const struct endpoint *endpoints, size_t n)
{
    struct holder holders[LISTENERS_MAX];
    char text[ADDRESS_TEXT_MAX];

    holder_find(endpoints, n, holders);
    for (size_t i = 0; i < n; i++) {
        printf("would listen on %s port %u", address_text(&endpoints[i].address, text),
               endpoints[i].port);
        if (holders[i].inode)
            printf(", which %s has now",
                   holders[i].name[0] ? holders[i].name : "a process that only root can see");
        putchar('\n');
    }
}

int inspect_test(const struct server_options *options)
{
    struct endpoint endpoints[LISTENERS_MAX + 1];
    struct self_host *host = NULL;
    struct generation *g;
    int status = load(options, &host, &g);
    size_t n;

    if (status == EX_OK) {
        for (size_t i = 0; i < g->n_zones; i++) {
            print_zone_summary(&g->zones[i]);
            warn_of_commands(g->zones[i].conf);
        }
        n = endpoints_wanted(options, g, host, endpoints);
        print_endpoints(endpoints, n);
        generation_free(g);
    }
    free(host);
    return status;
}

int inspect_print_zones(const struct server_options *options)
{
    struct self_host *host = NULL;
    struct generation *g;
    int status = load(options, &host, &g);

    free(host);
    if (status != EX_OK)
        return status;
    for (size_t i = 0; i < g->n_zones; i++)
        zone_print(stdout, &g->zones[i].version);
    generation_free(g);
    return EX_OK;
}
