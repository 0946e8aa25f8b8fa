/* SPDX-License-Identifier: ISC */
/*
 * conf_rules: what no single value of a site file can say: required keys, defaults that depend on
 * other keys, values that contradict each other.
 */
#ifndef SITENS_CONF_CONF_RULES_H
#define SITENS_CONF_CONF_RULES_H

#include "conf.h"

struct loader;

/* Reports a fault at line (0: of the whole file). Given by conf.c. */
void conf_fault(struct loader *loader, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether text can be the id of a site or the name of a check. */
bool conf_rules_site_id(const char *text);

/* Fills in the dependent defaults of conf and reports each broken rule. */
void conf_rules_apply(struct conf *conf, struct loader *loader);

#endif
