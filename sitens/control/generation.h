/* SPDX-License-Identifier: ISC */
/*
 * generation: all that comes of reading the site files once.
 *
 * Built whole or not at all. The threads that answer queries do not see it: they see the snapshot
 * that is compiled from it, once at load and again whenever its zones have new signatures.
 */
#ifndef SITENS_CONTROL_GENERATION_H
#define SITENS_CONTROL_GENERATION_H

#include "conf/answer_set.h"
#include "dns/worker.h"
#include "self.h"

#include <time.h>

enum { GENERATION_ZONES_MAX = 256 };

struct generation_zone {
    struct conf *conf;
    const struct conf_site *self; /* which of conf's sites this host is */
    struct self known;            /* the same, and how that is known */
    struct zone *zone;            /* its records */
};

struct generation {
    size_t n_zones;
    struct generation_zone zones[GENERATION_ZONES_MAX];
};

/* Faults and warnings as they go to the log. */
struct faults generation_faults(void);

/*
 * Reads every file of paths; for a directory, each NAME.conf in it. site: the id from the command
 * line or NULL. Reports each fault of every file. Returns 0, FAULTS_REPORTED or -errno.
 */
int generation_load(char *const *paths, size_t n_paths, const char *site,
                    const struct self_host *host, struct faults *faults, struct generation **ret);

/* Whose addresses the answers in force give for a zone. */
struct answer_set generation_answers(const struct generation *generation, size_t zone);

/* Whether the generation has a zone of that name. */
bool generation_has(const struct generation *generation, const char *name);

/* Compiles the answers: table->zones in the order of zones. Returns 0, -EMSGSIZE when an answer
 * does not fit a DNS message, or -ENOMEM. */
int generation_compile(const struct generation *generation, struct table **ret);

/*
 * Signs anew the zones whose signatures are due, or are not valid at now (the clock was set).
 * Returns the number of zones that have new signatures; the answers must then be compiled again. A
 * zone that could not be signed keeps its signatures, is reported to on_failure, and is tried again
 * a minute later.
 */
size_t generation_sign(struct generation *generation, time_t now, fault_fn on_failure,
                       void *userdata);

/* Gives up the signatures that generation_sign() made at now, because the answers compiled with
 * them could not be put in force: until that succeeds, their zones have none that can be served. */
void generation_discard(struct generation *generation, time_t now);

/* NULL is allowed. */
void generation_free(struct generation *generation);

#endif
