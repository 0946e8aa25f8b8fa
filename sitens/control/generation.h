/* SPDX-License-Identifier: ISC */
/*
 * generation: all that comes of reading the site files once, and the answers' present version.
 *
 * Built whole or not at all. The threads that answer queries do not see it: they see the snapshot
 * that is compiled from it (update.h).
 *
 * Threads: generation_load() may run in any; the versions are the control loop's.
 */
#ifndef SITENS_CONTROL_GENERATION_H
#define SITENS_CONTROL_GENERATION_H

#include "conf/answer_set.h"
#include "dns/version.h"
#include "self.h"

enum { GENERATION_ZONES_MAX = 256 };

struct generation_zone {
    struct conf *conf;
    const struct conf_site *self; /* which of conf's sites this host is */
    struct self known;            /* the same, and how that is known */
    struct zone *zone;
    struct version version; /* what is served of it; zeroed before the first update */
};

struct generation {
    size_t n_zones;
    struct generation_zone zones[GENERATION_ZONES_MAX];
};

/* Faults and warnings as they go to the log. */
struct faults generation_faults(void);

/* Whether there is memory for a load or an update. ldns is not made for running out of it: many of
 * its calls then end the process (docs/architecture.md names them), so this is asked before. */
bool generation_has_memory(void);

/*
 * Reads every file of paths; for a directory, each NAME.conf in it. site: the id from the command
 * line or NULL. Reports each fault of every file. May take as long as the file system does. Returns
 * 0, FAULTS_REPORTED or -errno.
 */
int generation_load(char *const *paths, size_t n_paths, const char *site,
                    const struct self_host *host, struct faults *faults, struct generation **ret);

/* Whose addresses the current answers give for a zone. */
struct answer_set generation_answers(const struct generation *generation, size_t zone);

/* Whether the generation has a zone of that name. */
bool generation_has(const struct generation *generation, const char *name);

/* NULL is allowed. */
void generation_free(struct generation *generation);

#endif
