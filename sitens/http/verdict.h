/* SPDX-License-Identifier: ISC */
/*
 * verdict: what sitens-http says to sitens.
 *
 * Its standard output is lines of what it waits for, such as "the response", and a last one: the
 * reason. Its exit status is the verdict; any other one, or no reason, means that it went wrong.
 * All that it is to know is in its arguments, which every user of the host can read.
 */
#ifndef SITENS_HTTP_VERDICT_H
#define SITENS_HTTP_VERDICT_H

enum verdict { VERDICT_PASS = 0, VERDICT_FAIL = 1 };

#endif
