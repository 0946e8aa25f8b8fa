/* SPDX-License-Identifier: ISC */
/*
 * update: the one way in which answers become others. New versions of a generation's zones are made
 * beside those that are served, and the table of answers is compiled from them; the caller puts the
 * table in place and then commits. Whatever fails before that has changed nothing.
 *
 * Threads: update_run() may run in any, and touches nothing that others change: one update of a
 * generation at a time. The other functions are the control loop's.
 */
#ifndef SITENS_CONTROL_UPDATE_H
#define SITENS_CONTROL_UPDATE_H

#include <time.h>

#include "dns/table.h"
#include "generation.h"

struct update {
    struct generation *generation;
    time_t now;
    char why[512];       /* it failed */
    struct table *table; /* once it has run; the caller takes it and sets NULL */
    struct {
        struct answer_set wanted;
        struct version version; /* the new one, or the current one again */
        bool failed;            /* it could not be signed: it is the current one */
    } zones[GENERATION_ZONES_MAX];
};

/* Begins an update in which every zone is to answer as it does now, or with its own addresses if it
 * does not yet; the caller may want others before it runs. NULL: out of memory. */
struct update *update_new(struct generation *generation, time_t now);

/* Makes the versions, with new signatures where they are due, and the table. Returns 0 or -errno:
 * -EBADMSG when a zone without a current version cannot be signed, -EMSGSIZE when an answer does
 * not fit a DNS message, or -ENOMEM; update->why says so in one line of text. */
int update_run(struct update *update);

/* The table is in place: makes the new versions the current ones. Returns how many zones have new
 * signatures. */
size_t update_commit(struct update *update);

/* Frees it, and what was not committed. NULL is allowed. */
void update_free(struct update *update);

#endif
