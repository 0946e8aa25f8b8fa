/* SPDX-License-Identifier: ISC */
/* reply: says something to sitens. */
#ifndef SITENS_HTTP_REPLY_H
#define SITENS_HTTP_REPLY_H

#include "protocol.h"

/* Sends one message, of which too long a text is cut. Ends this process if nobody is there. */
void reply(enum http_reply_kind kind, uint32_t number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
