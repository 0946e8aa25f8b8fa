/* SPDX-License-Identifier: ISC */
/* referral_result: the referral that a server of the parent zone gives for the delegated name. */
#ifndef PARENTGEN_CHECK_REFERRAL_RESULT_H
#define PARENTGEN_CHECK_REFERRAL_RESULT_H

#include "ask.h"
#include "report.h"

/* Reports what is wrong with the answers for the name's NS and A records, asked of a server of the
 * parent zone. Returns whether they are a referral for the name at all. */
bool referral_result_examine(const struct ask *ns, const struct ask *a, const struct conf *conf,
                             const char *where, struct report *report);

#endif
