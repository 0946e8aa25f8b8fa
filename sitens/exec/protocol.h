/* SPDX-License-Identifier: ISC */
/*
 * protocol: what sitens-exec says to sitens, over the socket that is its standard input: that the
 * command runs, and how it ended; or that it could not be run.
 *
 * Once sitens closes its end, the command and all that it started are killed.
 */
#ifndef SITENS_EXEC_PROTOCOL_H
#define SITENS_EXEC_PROTOCOL_H

#include <stdint.h>

enum { EXEC_TEXT_MAX = 256 }; /* octets, the final NUL included */

enum exec_event {
    EXEC_STARTED,
    EXEC_EXITED,  /* value: the exit status */
    EXEC_KILLED,  /* value: the signal */
    EXEC_NOT_RUN, /* the system refuses the file. value: errno; text: why, "" if errno says it */
    EXEC_UNMADE,  /* this host is short of something. value: errno */
};

struct exec_report {
    uint32_t event; /* enum exec_event */
    int32_t value;
    char text[EXEC_TEXT_MAX];
};

#endif
