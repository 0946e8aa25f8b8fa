/* SPDX-License-Identifier: ISC */
/*
 * operator: does what sitensctl(8) asks for.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_OPERATOR_H
#define SITENS_CONTROL_OPERATOR_H

#include "overrides.h"
#include "service.h"

/* The answer to a question of conf/ctl.h, for free(); NULL without memory. uid: who asks; it stands
 * in the log and in the status. reload_failed: as in status.h. */
char *operator_answer(struct service *service, struct overrides *overrides, const char *question,
                      long uid, bool reload_failed);

#endif
