/* SPDX-License-Identifier: ISC */
/* requests: all that sitens asks for, side by side, on one loop. */
#ifndef SITENS_HTTP_REQUESTS_H
#define SITENS_HTTP_REQUESTS_H

#include <curl/curl.h>

#include "trust.h"

/* Makes requests until sitens wants no more. Returns 0, or -errno if it cannot go on. */
int requests_run(CURLM *multi, const struct trust *trust);

#endif
