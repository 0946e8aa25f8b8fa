/* SPDX-License-Identifier: ISC */
/*
 * ctl: how sitensctl speaks with the daemon.
 *
 * Over a unix socket in the run-time directory, one question a connection. The question is one
 * line: "status [ZONE]", or "in", "out" or "auto", then a zone or "*" for all, then perhaps
 * "runtime". The answer to "status" is JSON; to the others one line "ok TEXT" for each zone. "error
 * TEXT" says why not. Then the daemon closes.
 */
#ifndef SITENS_CONF_CTL_H
#define SITENS_CONF_CTL_H

#define CTL_SOCKET "control" /* in the run-time directory */

enum {
    CTL_LINE_MAX = 512,     /* octets of the question, its newline included */
    CTL_PATIENCE_MS = 5000, /* of both sides */
};

#endif
