/* SPDX-License-Identifier: ISC */
#include "conf_lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "name.h"
#include "special.h"

struct lint {
    const struct conf *conf;
    conf_lint_fn on_finding;
    void *userdata;
};

__attribute__((format(printf, 5, 6))) static void report(const struct lint *l, const char *tag,
                                                         unsigned line, const char *fix,
                                                         const char *format, ...)
{
    char text[1024];
    const struct conf_finding finding = {tag, line, fix, text};
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    l->on_finding(l->userdata, &finding);
}

static void lint_address(const struct lint *l, const struct conf_site *site,
                         const struct address *address)
{
    static const char fix[] = "Give the address under which the world reaches the site";
    const struct special *special = special_address(address);
    char text[ADDRESS_TEXT_MAX];

    address_text(address, text);
    if (special->kind == SPECIAL_DOCUMENTATION)
        report(l, "documentation-address", site->line, fix, "[site %s]: %s is %s", site->id, text,
               special->what);
    else if (special->kind == SPECIAL_PRIVATE)
        report(l, "private-address", site->line, fix, "[site %s]: %s is %s", site->id, text,
               special->what);
    else if (special->kind != SPECIAL_NONE)
        report(l, "special-address", site->line, fix, "[site %s]: %s is %s", site->id, text,
               special->what);
}

/* One warning of a kind is enough for a site. */
static void lint_addresses(const struct lint *l, const struct conf_site *site)
{
    const struct conf_addresses *list = &site->address;

    for (size_t i = 0; i < list->n; i++) {
        bool said = false;

        for (size_t k = 0; k < i; k++)
            said = said || special_address(&list->at[k]) == special_address(&list->at[i]);
        if (!said)
            lint_address(l, site, &list->at[i]);
    }
}

static void lint_special_name(const struct lint *l, unsigned line, const char *name)
{
    const struct special *special = special_name(name);

    if (special)
        report(l, "special-name", line, "Use names of a domain of your own, unless this is a lab",
               "%s: `%s` is %s", name, special->entry, special->what);
}

/* What name ends in twice, as where a final dot was missing once; NULL: nothing. A single label is
 * no domain that somebody's tool appends. */
static const char *doubled_ending(const char *name)
{
    const char *end = name + strlen(name);

    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        const char *ending = dot + 1;
        size_t length = (size_t)(end - ending), before = (size_t)(dot - name);

        if (name_labels(ending) > 1 && before >= length && !strncmp(dot - length, ending, length) &&
            (before == length || dot[-(ptrdiff_t)length - 1] == '.'))
            return ending;
    }
    return NULL;
}

static void lint_name(const struct lint *l, unsigned line, const char *name)
{
    const char *doubled = doubled_ending(name);

    if (doubled)
        report(l, "doubled-origin", line, "Write the name once, in full", "%s ends in %s twice",
               name, doubled);
}

static void lint_name_server(const struct lint *l, const struct conf_site *site)
{
    lint_name(l, site->line, site->nameserver);
    if (special_name(site->nameserver) != special_name(l->conf->name))
        lint_special_name(l, site->line, site->nameserver);
}

void conf_lint(const struct conf *conf, conf_lint_fn on_finding, void *userdata)
{
    const struct lint l = {conf, on_finding, userdata};

    lint_name(&l, 0, conf->name);
    lint_special_name(&l, 0, conf->name);
    if (name_labels(conf->name) == 2)
        report(&l, "name-is-domain", 0, "Delegate a name below it, such as `get`",
               "%s is a whole domain, not a name in one: its web, mail and other names would all "
               "have to be served from here",
               conf->name);
    for (size_t i = 0; i < conf->n_sites; i++) {
        lint_name_server(&l, &conf->sites[i]);
        lint_addresses(&l, &conf->sites[i]);
    }
}
