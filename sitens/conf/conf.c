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
    int error; /* 0, or the -errno that ended it */
};

#define fault(l, ...) fault_report((l)->faults, (l)->conf->path, __VA_ARGS__)

/* Whether text can be the id of a site or the name of a check. */
static bool is_id(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(text);

    return length > 0 && length <= CONF_SITE_ID_MAX && strspn(text, allowed) == length;
}

/* Grows an array by one zeroed element, whose first member is a copy of name. NULL: no memory. */
static void *push(void *array, size_t *n, size_t size, const char *name)
{
    void **base = array;
    char *grown = realloc(*base, (*n + 1) * size), *copy;

    if (!grown)
        return NULL;
    *base = grown;
    copy = strdup(name);
    if (!copy)
        return NULL;
    grown += (*n)++ * size;
    memset(grown, 0, size);
    memcpy(grown, &copy, sizeof copy);
    // cppcheck-suppress memleak ; its first member is the copy
    return grown;
}

/* Begins the section of target; NULL: no memory. */
static void begin(struct loader *l, enum section section, void *target)
{
    if (!target || conf_options_set_defaults(section, target) < 0) {
        l->error = -ENOMEM;
        return;
    }
    l->section = section;
    l->target = target;
}

static void begin_site(struct loader *l, unsigned line, const char *id)
{
    struct conf *conf = l->conf;
    struct conf_site *site;

    if (!is_id(id)) {
        fault(l, line, "[site %s]: the site's id must be 1 to %d letters, digits, `-`, `_` or `.`",
              id, CONF_SITE_ID_MAX);
    } else if (conf_find_site(conf, id)) {
        fault(l, line, "[site %s]: this site was described before", id);
    } else if (conf->n_sites == CONF_SITES_MAX) {
        fault(l, line, "[site %s]: more than %d sites", id, CONF_SITES_MAX);
    } else {
        site = push(&conf->sites, &conf->n_sites, sizeof *site, id);
        if (site)
            site->line = line;
        begin(l, SECTION_SITE, site);
    }
}

static bool has_check(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->n_checks; i++)
        if (!strcmp(conf->checks[i].name, name))
            return true;
    return false;
}

static void begin_check(struct loader *l, unsigned line, const char *name)
{
    struct conf *conf = l->conf;
    struct conf_check *check;

    if (has_check(conf, name)) {
        fault(l, line, "[check%s%s]: this check was described before", *name ? " " : "", name);
    } else if (*name && !is_id(name)) {
        fault(l, line, "[check %s]: the name must be letters, digits, `-`, `_` or `.`, %d at most",
              name, CONF_SITE_ID_MAX);
    } else if (conf->n_checks == CONF_CHECKS_MAX) {
        fault(l, line, "more than %d checks", CONF_CHECKS_MAX);
    } else {
        check = push(&conf->checks, &conf->n_checks, sizeof *check, name);
        if (check)
            check->line = line;
        begin(l, SECTION_CHECK, check);
    }
}

static void begin_single(struct loader *l, unsigned line, enum section section, unsigned *first)
{
    if (*first) {
        fault(l, line, "[%s]: this section was begun before, at line %u",
              conf_section_name(section), *first);
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
        fault(l, 0, "there is a key before the first section; begin with [zone]");
    else
        fault(l, line,
              "[%s]: no such section; there are [zone], [site ID], [check], [check NAME] and "
              "[policy]",
              name);
}

static void unknown_key(struct loader *l, unsigned line, const char *key)
{
    char known[512] = "";
    size_t n, used = 0;
    const struct conf_option *options = conf_options(&n);

    for (size_t i = 0; i < n; i++)
        if (options[i].section == l->section)
            used += (size_t)snprintf(known + used, sizeof known - used, " %s", options[i].key);
    fault(l, line, "%s: no such key in [%s]; there are:%s", key, conf_section_name(l->section),
          known);
}

/* Who writes `#` behind a value means a comment; libinih takes it for a part of the value. */
static const char *hint(const char *value)
{
    const char *mark = strchr(value, '#');

    return mark && mark > value && strchr(" \t", mark[-1])
               ? " (`#` begins no comment behind a value; `;` does)"
               : "";
}

static void take_value(struct loader *l, unsigned line, const struct conf_option *o,
                       unsigned *given, const char *value)
{
    char why[VALUE_WHY_MAX] = "";
    struct value_bounds bounds = {
        .min = o->min, .max = o->max, .base = l->conf->path, .line = line, .why = why};
    int r;

    if (*given && !o->many) {
        fault(l, line, "%s: given before, at line %u", o->key, *given);
        return;
    }
    *given = line;
    r = o->type->parse(value, &bounds, conf_option_field(o, l->target));
    if (r < 0)
        l->error = r;
    else if (r > 0 && *why)
        fault(l, line, "%s = %.200s: %s%s", o->key, value, why, hint(value));
    else if (r > 0)
        fault(l, line, "%s = %.200s: must be %s%s", o->key, value, o->allowed, hint(value));
}

static void on_key(void *userdata, unsigned line, const char *key, const char *value)
{
    struct loader *l = userdata;
    size_t n, i = 0;
    const struct conf_option *options = conf_options(&n);

    if (l->section == SECTION_NONE || l->error < 0)
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

    fault(l, line, "%s", text);
}

static int read_file(FILE *in, struct loader *l)
{
    static const struct inifile_events events = {on_section, on_key, on_syntax_fault};
    int r = inifile_read(in, &events, l);

    if (r == 0)
        r = l->error;
    return r < 0 ? r : conf_rules_apply(l->conf, l->faults);
}

static int fill(struct conf *conf, FILE *in, const char *path, struct faults *faults)
{
    struct loader l = {.conf = conf, .faults = faults};
    size_t before = faults->n;
    int r;

    conf->policy.hold_down_max_ms = CONF_NOT_GIVEN;
    conf->path = strdup(path);
    if (!conf->path || conf_options_set_defaults(SECTION_ZONE, conf) < 0 ||
        conf_options_set_defaults(SECTION_POLICY, conf) < 0)
        return -ENOMEM;
    r = read_file(in, &l);
    if (r < 0)
        return r;
    return faults->n > before ? FAULTS_REPORTED : conf_options_fingerprint(conf, &conf->serial);
}

int conf_read(FILE *in, const char *path, struct faults *faults, struct conf **ret)
{
    struct conf *conf = calloc(1, sizeof *conf);
    int r = conf ? fill(conf, in, path, faults) : -ENOMEM;

    if (r != 0) {
        conf_free(conf);
        return r;
    }
    *ret = conf;
    return 0;
}

int conf_load(const char *path, struct faults *faults, struct conf **ret)
{
    char why[INPUT_WHY_MAX];
    FILE *in = input_open(path, NULL, why);
    int r;

    if (!in && input_is_shortage(errno))
        return -errno;
    if (!in) {
        fault_report(faults, path, 0, "%s", why);
        return FAULTS_REPORTED;
    }
    r = conf_read(in, path, faults, ret);
    fclose(in);
    return r;
}

struct conf *conf_ref(const struct conf *conf)
{
    struct conf *shared = (struct conf *)conf;

    atomic_fetch_add(&shared->references, 1);
    return shared;
}

void conf_free(struct conf *conf)
{
    if (!conf || atomic_fetch_sub(&conf->references, 1) > 0)
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
