/* SPDX-License-Identifier: ISC */
#include "conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_options.h"
#include "conf_rules.h"
#include "inifile.h"
#include "input.h"
#include "value.h"

struct loader {
    struct conf *conf;
    struct faults *faults;
    enum section section;             /* SECTION_NONE: an unknown one, its keys are passed over */
    void *target;                     /* the struct that the current section fills */
    unsigned given[CONF_OPTIONS_MAX]; /* line of each option in the current section; 0: not given */
    unsigned zone_line, policy_line;
};

/* Whether text can be the id of a site or the name of a check. */
static bool is_id(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(text);

    return length > 0 && length <= CONF_SITE_ID_MAX && strspn(text, allowed) == length;
}

/* Grows an array by one zeroed element; NULL when it is full. */
static void *push(void *array, size_t *n, size_t max, size_t size)
{
    void **base = array;
    char *grown;

    if (*n == max || !(grown = realloc(*base, (*n + 1) * size)))
        return NULL;
    *base = grown;
    return memset(grown + (*n)++ * size, 0, size);
}

static void begin_site(struct loader *l, unsigned line, const char *id)
{
    struct conf *conf = l->conf;
    struct conf_site *site;

    if (!is_id(id))
        fault_report(l->faults, l->conf->path, line,
                     "[site %s]: the site's id must be 1 to %d letters, digits, `-`, `_` or `.`",
                     id, CONF_SITE_ID_MAX);
    else if (conf_find_site(conf, id))
        fault_report(l->faults, l->conf->path, line, "[site %s]: this site was described before",
                     id);
    else if (!(site = push(&conf->sites, &conf->n_sites, CONF_SITES_MAX, sizeof *site)))
        fault_report(l->faults, l->conf->path, line, "[site %s]: more than %d sites", id,
                     CONF_SITES_MAX);
    else {
        site->id = strdup(id);
        site->line = line;
        l->section = SECTION_SITE;
        l->target = site;
    }
}

static void begin_check(struct loader *l, unsigned line, const char *name)
{
    struct conf *conf = l->conf;
    struct conf_check *check;

    for (size_t i = 0; i < conf->n_checks; i++)
        if (!strcmp(conf->checks[i].name, name)) {
            fault_report(l->faults, l->conf->path, line,
                         "[check%s%s]: this check was described before", *name ? " " : "", name);
            return;
        }
    if (*name && !is_id(name))
        fault_report(l->faults, l->conf->path, line,
                     "[check %s]: the name must be letters, digits, `-`, `_` or `.`, %d at most",
                     name, CONF_SITE_ID_MAX);
    else if (!(check = push(&conf->checks, &conf->n_checks, CONF_CHECKS_MAX, sizeof *check)))
        fault_report(l->faults, l->conf->path, line, "more than %d checks", CONF_CHECKS_MAX);
    else {
        check->name = strdup(name);
        check->line = line;
        l->section = SECTION_CHECK;
        l->target = check;
    }
}

static void begin_single(struct loader *l, unsigned line, enum section section, unsigned *first)
{
    if (*first) {
        fault_report(l->faults, l->conf->path, line,
                     "[%s]: this section was begun before, at line %u", conf_section_name(section),
                     *first);
        return;
    }
    *first = line;
    l->section = section;
    l->target = l->conf;
}

static void on_section(void *userdata, unsigned line, const char *name)
{
    struct loader *l = userdata;
    const char *space = strchr(name, ' ');
    const char *rest = space ? space + strspn(space, " ") : "";
    size_t word = space ? (size_t)(space - name) : strlen(name);

    memset(l->given, 0, sizeof l->given);
    l->section = SECTION_NONE;
    if (!strcmp(name, "zone"))
        begin_single(l, line, SECTION_ZONE, &l->zone_line);
    else if (!strcmp(name, "policy"))
        begin_single(l, line, SECTION_POLICY, &l->policy_line);
    else if (word == 4 && !strncmp(name, "site", 4))
        begin_site(l, line, rest);
    else if (word == 5 && !strncmp(name, "check", 5))
        begin_check(l, line, rest);
    else if (!*name)
        fault_report(l->faults, l->conf->path, 0,
                     "there is a key before the first section; begin with [zone]");
    else
        fault_report(
            l->faults, l->conf->path, line,
            "[%s]: no such section; there are [zone], [site ID], [check], [check NAME] and "
            "[policy]",
            name);
    if (l->section == SECTION_SITE || l->section == SECTION_CHECK)
        conf_options_set_defaults(l->section, l->target);
}

static void unknown_key(struct loader *l, unsigned line, const char *key)
{
    char known[512] = "";
    size_t n, used = 0;
    const struct conf_option *options = conf_options(&n);

    for (size_t i = 0; i < n; i++)
        if (options[i].section == l->section)
            used += (size_t)snprintf(known + used, sizeof known - used, " %s", options[i].key);
    fault_report(l->faults, l->conf->path, line, "%s: no such key in [%s]; there are:%s", key,
                 conf_section_name(l->section), known);
}

static void take_value(struct loader *l, unsigned line, const struct conf_option *o,
                       unsigned *given, const char *value)
{
    struct value_bounds bounds = {
        .min = o->min, .max = o->max, .base = l->conf->path, .line = line};

    if (*given && !o->many)
        fault_report(l->faults, l->conf->path, line, "%s: given before, at line %u", o->key,
                     *given);
    else if (!o->type->parse(value, &bounds, conf_option_field(o, l->target)))
        fault_report(l->faults, l->conf->path, line, "%s = %.200s: must be %s", o->key, value,
                     o->allowed);
    *given = line;
}

static void on_key(void *userdata, unsigned line, const char *key, const char *value)
{
    struct loader *l = userdata;
    size_t n, i = 0;
    const struct conf_option *options = conf_options(&n);

    if (l->section == SECTION_NONE)
        return;
    while (i < n && (options[i].section != l->section || strcmp(options[i].key, key) != 0))
        i++;
    if (i == n)
        unknown_key(l, line, key);
    else
        take_value(l, line, &options[i], &l->given[i], value);
}

static void on_syntax_fault(void *userdata, unsigned line, const char *text)
{
    struct loader *l = userdata;

    fault_report(l->faults, l->conf->path, line, "%s", text);
}

int conf_load(const char *path, struct faults *faults, struct conf **ret)
{
    static const struct inifile_events events = {on_section, on_key, on_syntax_fault};
    struct conf *conf = calloc(1, sizeof *conf);
    struct loader l = {.conf = conf, .faults = faults};
    size_t before = faults->n;
    char why[INPUT_WHY_MAX];
    FILE *in;

    if (!conf || !(conf->path = strdup(path))) {
        free(conf);
        return -ENOMEM;
    }
    conf_options_set_defaults(SECTION_ZONE, conf);
    conf_options_set_defaults(SECTION_POLICY, conf);
    in = input_open(path, NULL, why);
    if (!in) {
        fault_report(faults, path, 0, "%s", why);
    } else {
        inifile_read(in, &events, &l);
        fclose(in);
        conf_rules_apply(conf, faults);
    }
    if (faults->n > before) {
        conf_free(conf);
        return FAULTS_REPORTED;
    }
    conf->serial = conf_options_fingerprint(conf);
    *ret = conf;
    return 0;
}

void conf_free(struct conf *conf)
{
    if (!conf)
        return;
    conf_options_release(SECTION_ZONE, conf);
    conf_options_release(SECTION_POLICY, conf);
    for (size_t i = 0; i < conf->n_sites; i++) {
        conf_options_release(SECTION_SITE, &conf->sites[i]);
        free(conf->sites[i].id);
    }
    for (size_t i = 0; i < conf->n_checks; i++) {
        conf_options_release(SECTION_CHECK, &conf->checks[i]);
        free(conf->checks[i].name);
    }
    free(conf->sites);
    free(conf->checks);
    free(conf->path);
    free(conf);
}

const struct conf_site *conf_find_site(const struct conf *conf, const char *id)
{
    for (size_t i = 0; i < conf->n_sites; i++)
        if (!strcmp(conf->sites[i].id, id))
            return &conf->sites[i];
    return NULL;
}
