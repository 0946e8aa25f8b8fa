/* SPDX-License-Identifier: ISC */
/*
 * worker: what every thread that answers queries has in common.
 *
 * A thread shares one thing with the control loop: the current snapshot (which table to answer
 * from), read anew for every batch. It says in return the number of the oldest snapshot that it may
 * still be using: a replaced snapshot can be freed when every worker has said a higher number. It
 * counts its turns as well, by which the watchdog knows that it is alive.
 */
#ifndef SITENS_DNS_WORKER_H
#define SITENS_DNS_WORKER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>

#include "respond.h"

/* Everything an answer depends on besides the query. */
struct snapshot {
    struct snapshot *next; /* for lists of them */
    uint64_t number;       /* each snapshot has a higher one than the snapshot it replaces */
    struct table *table;
    struct cookie_secrets secrets;
};

/* The current snapshot; written by the control loop, read by the workers. */
typedef _Atomic(const struct snapshot *) snapshot_source;

enum {
    WORKER_TURN_MS = 1000,  /* how often an idle worker is to turn */
    WORKER_STACK_KIB = 128, /* no deep calls, and buffers are not on the stack */
};

struct worker {
    const snapshot_source *source;
    struct responder responder;
    _Atomic uint64_t seen; /* no snapshot with a lower number is in use here */
    _Atomic uint64_t turns;
    _Atomic bool stop;
    pthread_t thread;
};

/* Sets up a worker; rate 0 means no rate limiting. Returns 0 or -errno. */
int worker_init(struct worker *worker, const snapshot_source *source, uint32_t rate);

/* Runs run(argument) in a thread of its own, with all signals blocked but that of worker_wake().
 * Returns 0 or -errno. */
int worker_start(struct worker *worker, void *(*run)(void *), void *argument);

/* Interrupts a system call in which the thread waits, with EINTR, so that an idle worker turns. (A
 * time limit on the receive would do the same, but every receive would have to set a timer: 2 % of
 * what a query costs.) It may come too early to interrupt anything: repeat it. */
void worker_wake(const struct worker *worker);

/* Frees what worker_init() made; the thread must have ended. */
void worker_done(struct worker *worker);

static inline const struct snapshot *worker_snapshot(const struct worker *worker)
{
    return atomic_load_explicit(worker->source, memory_order_acquire);
}

/* One more turn begins: snapshots older than the current one are no longer in use here. What the
 * thread loads from the source later can only be the same or newer. */
static inline void worker_turn(struct worker *worker)
{
    atomic_store_explicit(&worker->seen, worker_snapshot(worker)->number, memory_order_release);
    counter_add(&worker->turns, 1);
}

/* The number of the present turn. */
static inline uint64_t worker_turns(const struct worker *worker)
{
    return counter_get(&worker->turns);
}

static inline bool worker_stopping(const struct worker *worker)
{
    return atomic_load_explicit(&worker->stop, memory_order_relaxed);
}

/* Fills in the times of client, for one query or for a batch. */
void worker_clock(const struct worker *worker, struct respond_client *client);

/* Fills in the address of client, of family AF_INET or AF_INET6; it must live as long as client. */
static inline void worker_address(const struct sockaddr_storage *address,
                                  struct respond_client *client)
{
    if (address->ss_family == AF_INET) {
        client->address = (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
        client->address_length = 4;
    } else {
        client->address = (const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr;
        client->address_length = 16;
    }
}

#endif
