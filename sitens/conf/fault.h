/* SPDX-License-Identifier: ISC */
/*
 * fault: what is wrong in a file that an operator wrote, told as one line of text.
 *
 * Whoever reads such a file is given a struct faults, reports each fault to it where it is found,
 * goes on reading, and returns FAULTS_REPORTED in the end. A negative errno is the machine's own
 * failure, which nobody has been told of yet.
 */
#ifndef SITENS_CONF_FAULT_H
#define SITENS_CONF_FAULT_H

#include <stddef.h>

enum { FAULTS_REPORTED = 1 };

/* Called for each fault with "file:line: what is wrong, what is allowed", without a newline and
 * without control characters. The text is the callee's only until it returns. */
typedef void (*fault_fn)(void *userdata, const char *text);

struct faults {
    fault_fn on_fault;
    void *userdata;
    size_t n;            /* that were reported */
    fault_fn on_warning; /* NULL: nobody wants to know */
};

/* Reports a fault of the file at path; line 0: of the whole file. */
void fault_report(struct faults *faults, const char *path, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for what is allowed and hardly meant. It does not count. */
void fault_warn(struct faults *faults, const char *path, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
