/* SPDX-License-Identifier: ISC */
/*
 * journal: systemd's journal, which takes messages with named fields.
 *
 * Threads: any.
 */
#ifndef SITENS_JOURNAL_H
#define SITENS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Whether stderr leads to the journal. */
bool journal_is_stderr(void);

/* Writes one message, each field of it as NAME=value. Waits while the journal does not read.
 * Returns whether that succeeded. */
bool journal_send(const struct iovec *fields, size_t n);

#endif
