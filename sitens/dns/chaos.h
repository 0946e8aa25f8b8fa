/* SPDX-License-Identifier: ISC */
/*
 * chaos: the questions of class CH about the server itself (RFC 4892).
 */
#ifndef SITENS_DNS_CHAOS_H
#define SITENS_DNS_CHAOS_H

#include "exchange.h"

/* Answers id.server and hostname.bind, type TXT, with the site's id; refuses all else: nothing is
 * told of the software. */
void chaos_answer(struct exchange *x);

#endif
