/* SPDX-License-Identifier: ISC */
/*
 * desk: where sitensctl(8) asks and says what is to be done; see conf/ctl.h for how they speak.
 *
 * A unix socket with mode 0660: root and the group of the service may use it, nobody else. It is
 * not needed to answer queries: where it cannot be made, that is a warning, and it is tried again.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_DESK_H
#define SITENS_CONTROL_DESK_H

#include <uv.h>

struct desk;

struct desk_events {
    /* A question, one line without its newline; uid of who asks. Returns the answer, for free(), or
     * NULL without memory. */
    char *(*on_question)(void *userdata, const char *line, long uid);
    void *userdata;
};

/* Returns 0 or -ENOMEM. What else went wrong was logged. */
int desk_open(uv_loop_t *loop, const struct desk_events *events, struct desk **ret);

/* Closes it, and removes the socket. NULL is allowed. The caller runs the loop once more. */
void desk_close(struct desk *desk);

#endif
