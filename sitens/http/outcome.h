/* SPDX-License-Identifier: ISC */
/* outcome: what to think of how a request went. */
#ifndef SITENS_HTTP_OUTCOME_H
#define SITENS_HTTP_OUTCOME_H

#include "request.h"

/* Replies to request, which has ended with that result of libcurl. */
void outcome_reply(const struct request *request, CURLcode result);

#endif
