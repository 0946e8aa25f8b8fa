/* SPDX-License-Identifier: ISC */
/*
 * not_ready: the mark of a site that is not well, as another site and parentgen read it.
 */
#ifndef SITENS_HEALTH_NOT_READY_H
#define SITENS_HEALTH_NOT_READY_H

#include <ldns/ldns.h>
#include <stdbool.h>

/* Whether any option of the answer is the EDE Not Ready (RFC 8914 section 4.15). NULL is no answer.
 * (ldns sorts the options when it is first asked for them, hence no const.) */
bool not_ready(ldns_pkt *answer);

#endif
