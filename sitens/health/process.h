/* SPDX-License-Identifier: ISC */
/*
 * process: a command that is run again and again, one run at a time.
 *
 * It leads a session of its own; when it ends, or is cancelled, its whole process group is killed,
 * so that nothing it started stays behind. It inherits no descriptor and no ambient capability.
 * Standard output and error are read to the end, however much it is, and the last line is kept.
 *
 * Threads: everything here runs on the loop.
 */
#ifndef SITENS_HEALTH_PROCESS_H
#define SITENS_HEALTH_PROCESS_H

#include <uv.h>

enum { PROCESS_LINE_MAX = 256 }; /* octets of the last line, the final NUL included */

struct process;

/*
 * Called at the end of each run that was not cancelled, perhaps from inside process_start().
 * status is the exit status, or -1 if it was killed by a signal or could not be run. line is the
 * last one that it printed, or "". text tells the end as one line: "/bin/false: exit status 1".
 * Both are as the command wrote them, and valid only during the call.
 */
typedef void (*process_end_fn)(void *userdata, int status, const char *line, const char *text);

/* Makes a process of argv, which outlives it; argv[0] is the full path of the command. Returns 0
 * or -errno. */
int process_new(uv_loop_t *loop, char **argv, process_end_fn on_end, void *userdata,
                struct process **ret);

/* Begins a run. Not to be called while one goes on, unless that was cancelled. */
void process_start(struct process *process);

/* Kills the run that goes on: on_end is not called. Returns the last line that it printed, valid
 * until the loop runs again. */
const char *process_cancel(struct process *process);

/* Releases a process that does not run, or was cancelled. NULL is allowed. */
void process_free(struct process *process);

#endif
