/* SPDX-License-Identifier: ISC */
/* signatures: whether a site serves the keys of the site file, and signs with them. */
#ifndef PARENTGEN_CHECK_SIGNATURES_H
#define PARENTGEN_CHECK_SIGNATURES_H

#include "site_result.h"

/* Reports what is wrong at a place that answers. Returns whether it serves every key of the site
 * file under valid signatures; false if there are no keys. */
bool signatures_examine(const struct site_place *place, const struct expectation *expected,
                        const char *where, struct report *report);

#endif
