/* SPDX-License-Identifier: ISC */
/*
 * conf_lint: what can work in a lab and hardly anywhere else: names and addresses of a site file
 * that are well-formed and not those of a public site.
 *
 * What cannot work anywhere is a fault, and conf_load() reports it.
 */
#ifndef SITENS_CONF_CONF_LINT_H
#define SITENS_CONF_CONF_LINT_H

#include "conf.h"

struct conf_finding {
    const char *tag;  /* stable, described in parentgen(1); static */
    unsigned line;    /* of the site's section; 0: of the whole file */
    const char *fix;  /* what to do, a sentence without a full stop; static */
    const char *text; /* what is wrong, without a full stop; the callee's until it returns */
};

typedef void (*conf_lint_fn)(void *userdata, const struct conf_finding *finding);

/* Calls on_finding for each. */
void conf_lint(const struct conf *conf, conf_lint_fn on_finding, void *userdata);

#endif
