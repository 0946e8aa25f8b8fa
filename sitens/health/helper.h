/* SPDX-License-Identifier: ISC */
/*
 * helper: a program of our own that works for the daemon in a process of its own.
 *
 * They talk over one SOCK_SEQPACKET pair, which keeps the bounds of messages: it is the program's
 * standard input, and its end there means that the daemon is gone, or wants no more. What the
 * program prints is read, however much it is, and the last line is kept. It leads a session of its
 * own and inherits no descriptor, no ambient capability, no signal mask and nothing by which it
 * could speak to the service manager.
 *
 * Every child of the daemon is reaped here, also those that it did not start: those of whoever
 * called exec(), and, as process 1, orphans.
 *
 * Threads: everything here runs on the loop.
 */
#ifndef SITENS_HEALTH_HELPER_H
#define SITENS_HEALTH_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
    HELPER_MESSAGE_MAX = 1024, /* octets of a message from the program */
    HELPER_LINE_MAX = 256,     /* octets of the last line, the final NUL included */
    HELPER_TEXT_MAX = 512,     /* octets of how it ended, the final NUL included */
};

struct helper;  /* one that runs */
struct helpers; /* all of a loop */

/* Calls to whoever started a helper; each may call what is below. */
struct helper_events {
    /* A message came. */
    void (*on_message)(void *userdata, const void *data, size_t n);
    /* It takes messages again, after helper_send() returned -EAGAIN. NULL: nobody sends so much. */
    void (*on_room)(void *userdata);
    /* It ended, after all its messages; the helper is gone. how is one line, as the program wrote
     * it: "/usr/libexec/sitens/sitens-http: exit status 127: cannot open shared object file". */
    void (*on_end)(void *userdata, const char *how);
};

/* Returns 0 or -errno. */
int helpers_new(uv_loop_t *loop, struct helpers **ret);

/* Every helper must have been forgotten; the loop runs on until they have ended. */
void helpers_free(struct helpers *helpers);

/* Writes the full path of the program of that name to out, PATH_MAX octets: beside this one, as in
 * a build tree, else where it is installed. Returns out. */
const char *helper_path(const char *name, char *out);

/* Starts argv[0], which is a full path. Returns 0 or -errno. */
int helper_start(struct helpers *helpers, char **argv, const struct helper_events *events,
                 void *userdata, struct helper **ret);

/* Returns 0 or -errno: -EAGAIN when it is full, and -EPIPE when the program has closed its end. */
int helper_send(struct helper *helper, const void *data, size_t n);

/* The last line that it has printed until now, or "". Valid until the loop runs again. */
const char *helper_last_line(struct helper *helper);

/* Tells it to end: no message goes or comes any more, on_end follows. */
void helper_stop(struct helper *helper);

/* The same without on_end: the helper is gone for the caller. It is killed if kill_it. */
void helper_forget(struct helper *helper, bool kill_it);

#endif
