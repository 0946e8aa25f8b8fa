/* SPDX-License-Identifier: ISC */
/*
 * conf_rules: what no single value of a site file can say: required keys, defaults that depend on
 * other keys, values that contradict each other.
 */
#ifndef SITENS_CONF_CONF_RULES_H
#define SITENS_CONF_CONF_RULES_H

#include "conf.h"

/* Of a number that may be 0: whether it was given has to be known first. */
#define CONF_NOT_GIVEN UINT32_MAX

/* Fills in the dependent defaults of conf and reports each broken rule. Returns 0 or -ENOMEM. */
int conf_rules_apply(struct conf *conf, struct faults *faults);

#endif
