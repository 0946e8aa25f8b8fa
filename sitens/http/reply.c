/* SPDX-License-Identifier: ISC */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

void reply(enum http_reply_kind kind, uint32_t number, const char *format, ...)
{
    struct http_reply message = {.kind = kind, .number = number};
    va_list args;

    va_start(args, format);
    vsnprintf(message.text, sizeof message.text, format, args);
    va_end(args);
    if (send(STDIN_FILENO, &message, sizeof message, MSG_NOSIGNAL) < 0)
        _exit(EX_IOERR);
}
