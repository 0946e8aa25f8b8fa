/* SPDX-License-Identifier: ISC */
/*
 * service: the zones of a generation, each with its watch.
 *
 * What a watch says becomes the mode of its zone in the generation's table, one log line, and the
 * text of `systemctl status`. Nothing else passes from health to queries.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_SERVICE_H
#define SITENS_CONTROL_SERVICE_H

#include "generation.h"
#include "health/watch.h"

struct service;

/* A zone of a service, for those who show it. */
struct service_zone {
    struct service *service;
    const struct generation_zone *config;
    struct watch *watch;
    size_t index;             /* in the generation and its table */
    enum zone_state state;    /* as announced last */
    bool expired;             /* withdrawn for its signatures */
    struct answer_set wanted; /* whose addresses it is to answer with. Empty: its answers do not
                                 matter, and stay: generation_answers() */
    uint64_t changes;         /* of state, since the start of the daemon */
};

struct service {
    const struct watch_env *env;
    const struct generation *generation;
    struct table *table; /* the answers in force, whose modes are set */
    void (*on_change)(void *userdata,
                      const struct service_zone *zone); /* after a change of state */
    /* A zone wants other answers than it has: they are made, and in force at a later turn of the
     * loop, when service_judge() is called. */
    void (*on_wanted)(void *userdata);
    void *userdata;
    struct service_zone zones[]; /* generation->n_zones of them */
};

/* Begins to watch the zones of generation, each going on where its predecessor in previous (may be
 * NULL) is, and sets the modes of table, which was compiled from it. generation must outlive the
 * service. Returns 0 or -errno. */
int service_new(struct watch_env *env, const struct generation *generation, struct table *table,
                const struct service *previous,
                void (*on_change)(void *userdata, const struct service_zone *zone),
                void (*on_wanted)(void *userdata), void *userdata, struct service **ret);

/* NULL is allowed. */
void service_free(struct service *service);

/* Sets the modes of table, which was compiled from the same generation and is about to be in force.
 */
void service_set_table(struct service *service, struct table *table);

/* Withdraws each zone whose signatures cannot be served at now, and lets it serve again when they
 * can. Announces every state that a watch has come to without an event: by its signatures, or by
 * what a reload changed. */
void service_judge(struct service *service, time_t now);

/* Whether a zone wants other answers than it has. */
bool service_wants_answers(const struct service *service);

/* Silences every zone, at once and for good: the daemon stops. */
void service_stop(struct service *service);

/* Whether every zone had its first verdict, or the time for it has passed. */
bool service_settled(const struct service *service);

/* The first zone a check of which is stuck, or NULL. */
const struct service_zone *service_stuck_zone(const struct service *service, uint64_t now_ms);

/* Writes "ZONE: STATE (REASON)" of every zone to text. */
void service_describe(const struct service *service, char *text, size_t size);

#endif
