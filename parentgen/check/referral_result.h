/* SPDX-License-Identifier: ISC */
/* referral_result: the referral that a server of the parent zone gives for the delegated name. */
#ifndef PARENTGEN_CHECK_REFERRAL_RESULT_H
#define PARENTGEN_CHECK_REFERRAL_RESULT_H

#include "parent_result.h"

/* Reports what is wrong with a server's answers about the delegated name. Returns whether they are
 * a referral for the name at all. */
bool referral_result_examine(const struct parent_result *result, const struct conf *conf,
                             struct report *report);

#endif
