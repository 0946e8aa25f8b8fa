/* SPDX-License-Identifier: ISC */
/*
 * lane: does what may hang, one job after another, in a thread of its own, so that whoever asks for
 * it never waits.
 *
 * A log whose reader stopped, a file system that does not answer, a service manager that does not
 * read: writing to any of them can take for ever. The control loop must not notice. Each of them
 * has a lane of its own, so that one that hangs does not hold up the others.
 *
 * Threads: all functions may be called from any thread; jobs run in the lane's.
 */
#ifndef SITENS_LANE_H
#define SITENS_LANE_H

#include <stdbool.h>
#include <stddef.h>

struct lane;

/* A thing to do, in one block of memory that the lane frees with free(). */
struct lane_job {
    struct lane_job *next;
    /* NULL, or what the job is about: while it waits, a newer one of the same key replaces it. */
    const char *key;
    /* Does it; may block. A negative result means that it is to be tried again, a second later,
     * unless it is replaced before. */
    int (*run)(struct lane_job *job);
};

/* Starts a lane with room for max jobs that wait. on_idle, which may be NULL, is called in the
 * lane's thread each time that no job is left. Returns NULL without memory or threads. */
struct lane *lane_new(size_t max, void (*on_idle)(void));

/* Appends job, which is the lane's from now on, also on failure. lane NULL: runs it here and now.
 * Returns whether there was room. */
bool lane_put(struct lane *lane, struct lane_job *job);

/* Waits until there is room for one job more. */
void lane_wait_for_room(struct lane *lane);

/* Waits until no job is left, timeout_ms at most. Returns whether none is. */
bool lane_wait(struct lane *lane, int timeout_ms);

/*
 * Ends the lane once its jobs are done, those that failed excepted. Waits timeout_ms for that at
 * most, or for ever if it is negative. Returns whether it has ended. If not, its thread hangs in a
 * job, and keeps what it needs; the caller must keep what the jobs need. NULL is allowed.
 */
bool lane_free(struct lane *lane, int timeout_ms);

#endif
