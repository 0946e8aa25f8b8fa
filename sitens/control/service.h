/* SPDX-License-Identifier: ISC */
/*
 * service: the zones of a generation, each with its watch.
 *
 * What a watch decides becomes the mode of its zone in the generation's table and, where the zone
 * is to answer with other addresses, new answers: those are made first, then in service, and then
 * announced, in one log line for a change of the state and one for a change of the addresses.
 * Nothing else passes from health to queries.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_SERVICE_H
#define SITENS_CONTROL_SERVICE_H

#include "conf/answer_set.h"
#include "generation.h"
#include "health/watch.h"
#include "overrides.h"

struct service;

/* A zone of a service, for those who show it. */
struct service_zone {
    struct service *service;
    const struct generation_zone *config;
    struct watch *watch;
    size_t index; /* in the generation and its table */
    struct {
        enum zone_state state;
        struct answer_set answers;
    } told;           /* as announced last */
    bool unshown;     /* the decision is another one than that shown last */
    bool failed;      /* the answers that it wants could not be made; tried again */
    bool unkept;      /* what came by itself of the override has no room */
    time_t since;     /* of that state, by the wall clock */
    uint64_t changes; /* of state, since the start of the daemon */
};

/* What a service reports. */
struct service_events {
    /* What is to be shown of a zone has changed: its state or its addresses (announced), or only
     * the reason. */
    void (*on_change)(void *userdata, const struct service_zone *zone, bool announced);
    /* A zone wants other answers than it has: they are to be made, and in service at a later turn
     * of the loop, when service_refresh() is called; or service_failed() if that is not possible.
     */
    void (*on_wanted)(void *userdata);
    void *userdata;
};

struct service {
    const struct watch_env *env;
    struct overrides *overrides; /* what the operator said of each zone */
    const struct generation *generation;
    struct table *table; /* the current answers, whose modes are set */
    struct service_events events;
    struct service_zone zones[]; /* generation->n_zones of them */
};

/* Begins to watch the zones of generation, each going on where its predecessor in previous (may be
 * NULL) is, and sets the modes of table, which was compiled from it. generation must outlive the
 * service. Returns 0 or -errno. previous is as it was in any case, until service_take_over(). */
int service_new(struct watch_env *env, struct overrides *overrides,
                const struct generation *generation, struct table *table,
                const struct service *previous, const struct service_events *events,
                struct service **ret);

/* Moves the checks that did not change over from previous, which is then to be freed; in the same
 * turn of the loop as service_new(), once nothing can fail any more. */
void service_take_over(struct service *service);

/* NULL is allowed. */
void service_free(struct service *service);

/* Whose addresses a zone of a generation that is about to be compiled should answer with from the
 * beginning: those that its namesake in service (may be NULL) wants, so that a site that hands over
 * goes on with that; else set. */
struct answer_set service_answers_before(const struct service *service,
                                         const struct generation_zone *zone, struct answer_set set);

/* Sets the modes of table, which was compiled from the same generation and is about to be current.
 */
void service_set_table(struct service *service, struct table *table);

/* Withdraws each zone whose signatures cannot be served at now, and lets it serve again when they
 * can. Announces what is in service now and was not before. */
void service_refresh(struct service *service, time_t now);

/* Does what is known of what the operator said, and was not when the zones began to be watched. */
void service_follow_overrides(struct service *service);

/* Whose addresses a zone is to answer with. Empty: its answers do not matter, and stay. */
struct answer_set service_wanted(const struct service_zone *zone);

/* Whether a zone wants other answers than it has. */
bool service_wants_answers(const struct service *service);

/* The answers that some zones want could not be made. Those that are well go on as they are, the
 * others are silent, and both say so; it is to be tried again. */
void service_failed(struct service *service, const char *why);

/* Whether a zone's new answers are being made: what it wants is not to be shown yet. */
bool service_is_waiting(const struct service_zone *zone);

/* Whose addresses a zone answers with at present. Empty: with none. */
struct answer_set service_answers(const struct service_zone *zone);

/* The sites of a set in words, such as "dc1, dc2 (IPv4 only)", or "nobody"; returns text. */
const char *service_answers_text(const struct service_zone *zone, struct answer_set set, char *text,
                                 size_t size);

/* Silences every zone, at once and for good: the daemon stops. */
void service_stop(struct service *service);

/* Whether every zone had its first result, or the time for it has passed. */
bool service_settled(const struct service *service);

/* The first zone a check of which is stuck, or NULL. */
const struct service_zone *service_stuck_zone(const struct service *service, uint64_t now_ms);

/* Writes "ZONE: STATE (REASON)" of every zone to text. */
void service_describe(const struct service *service, char *text, size_t size);

#endif
