/* SPDX-License-Identifier: ISC */
/*
 * task: work of one kind, done in a thread beside the control loop, one piece at a time.
 *
 * Threads: the control loop only; run() is called in the task's own thread.
 */
#ifndef SITENS_CONTROL_TASK_H
#define SITENS_CONTROL_TASK_H

#include <stdbool.h>
#include <uv.h>

struct lane;

struct task {
    struct lane *lane;
    uv_async_t ended;
    bool busy;
    _Atomic bool ran;                 /* hands over what run() did */
    void (*run)(void *userdata);      /* may take long, or hang */
    void (*on_ended)(void *userdata); /* on the control loop; busy is false then */
    void *userdata;
};

/* Sets a zeroed task up. Returns 0 or -errno. */
int task_init(struct task *task, uv_loop_t *loop, void (*run)(void *userdata),
              void (*on_ended)(void *userdata), void *userdata);

/* Begins a piece of work; the task must not be busy. Returns 0 or -ENOMEM. */
int task_begin(struct task *task);

/* Ends the task, but does not wait for work that is being done. Returns whether none is: then the
 * loop has to run once more. */
bool task_done(struct task *task);

#endif
