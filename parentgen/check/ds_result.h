/* SPDX-License-Identifier: ISC */
/* ds_result: the DS records of the delegated name at a server of the parent zone. */
#ifndef PARENTGEN_CHECK_DS_RESULT_H
#define PARENTGEN_CHECK_DS_RESULT_H

#include "parent_result.h"

/* Reports what is wrong with them, and with what resolvers need besides to believe them. */
void ds_result_examine(const struct parent_result *result, const struct expectation *expected,
                       struct report *report);

#endif
