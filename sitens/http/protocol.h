/* SPDX-License-Identifier: ISC */
/*
 * result: what sitens-http says to sitens.
 *
 * Its standard output is lines of what it waits for, such as "the response", and a last one: the
 * reason. Its exit status is the result; any other one, or no reason, means that it went wrong.
 * All that it is to know is in its arguments, which every user of the host can read.
 */
#ifndef SITENS_HTTP_PROTOCOL_H
#define SITENS_HTTP_PROTOCOL_H

enum result { RESULT_PASS = 0, RESULT_FAIL = 1 };

#endif
