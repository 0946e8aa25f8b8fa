/* SPDX-License-Identifier: ISC */
/*
 * overrides: what the operator said of each zone (sitensctl(8)), kept over restarts and reboots.
 *
 * All of them are one small file, "overrides" in the state directory, a line each: "ZONE KIND
 * SECONDS UID". It is replaced as a whole and is on disk before it takes its name, so that a crash
 * at any time leaves the old or the new one, never a half. One that cannot be read is warned of:
 * the checks decide. Where the disk is slow, or the host short of something, until it can be read:
 * nothing is written before.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_OVERRIDES_H
#define SITENS_CONTROL_OVERRIDES_H

#include <limits.h>
#include <time.h>

#include "health/gate.h"
#include "replacer.h"

enum { OVERRIDES_MAX = 256 };

struct override {
    char zone[256];
    enum gate_override kind;
    time_t since; /* by the wall clock */
    long by;      /* the user's number; -1: nobody, it came by itself */
    bool runtime; /* until the daemon ends; the file keeps what was said before */
};

/* What was said of one zone: what counts, and what is in the file. */
struct override_entry {
    struct override now, kept; /* of kind GATE_AUTO: nothing */
};

struct overrides {
    char path[PATH_MAX];
    struct replacer *writer;
    bool unread;    /* the file, until now; an entry of kind GATE_AUTO says so over it */
    bool unwritten; /* something that was said */
    size_t n;
    struct override_entry at[OVERRIDES_MAX];
};

/* Reads the file. Returns 0 or -ENOMEM; overrides_done() is due in any case. */
int overrides_load(struct overrides *overrides);

/* Reads and writes what could not be read or written before. To be called once a second. Returns
 * whether more is known of what was said. */
bool overrides_follow(struct overrides *overrides);

/* Waits half a second at most until the file is written. */
void overrides_done(struct overrides *overrides);

/* What was said of a zone, or NULL. */
const struct override *overrides_find(const struct overrides *overrides, const char *zone);

/* The kind of that; GATE_AUTO where nothing was said. */
enum gate_override overrides_kind(const struct overrides *overrides, const char *zone);

/* Takes down what was said now; the file follows. What is for run time only leaves the file as it
 * is, so that a planned stop does not end what an operator said. Returns 0, or -ENOSPC where there
 * is no room for one more. */
int overrides_set(struct overrides *overrides, const struct override *said);

#endif
