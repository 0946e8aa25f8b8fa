/* SPDX-License-Identifier: ISC */
#include "worker.h"

#include <signal.h>
#include <time.h>

enum { WAKE = SIGURG }; /* ignored by default, so that it harms nobody whoever sends it */

int worker_init(struct worker *worker, const snapshot_source *source, uint32_t rate)
{
    worker->source = source;
    return rate > 0 ? rrl_new(rate, &worker->responder.rrl) : 0;
}

/* Nothing has to be done: a handler there must be, for a signal without one interrupts nothing. */
static void on_wake(int number)
{
    (void)number;
}

int worker_start(struct worker *worker, void *(*run)(void *), void *argument)
{
    const struct sigaction wake = {.sa_handler = on_wake};
    pthread_attr_t attributes;
    sigset_t all, before;
    int r;

    r = -pthread_attr_init(&attributes);
    if (r < 0)
        return r;
    pthread_attr_setstacksize(&attributes, (size_t)WORKER_STACK_KIB * 1024);
    sigaction(WAKE, &wake, NULL);
    sigfillset(&all);
    sigdelset(&all, WAKE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = -pthread_create(&worker->thread, &attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return r;
}

void worker_wake(const struct worker *worker)
{
    pthread_kill(worker->thread, WAKE);
}

void worker_done(struct worker *worker)
{
    rrl_free(worker->responder.rrl);
    worker->responder.rrl = NULL;
}

void worker_clock(const struct worker *worker, struct respond_client *client)
{
    struct timespec mono;

    /* Both clocks move with the kernel's tick and cost no system call. */
    client->wall_s = (uint32_t)time(NULL);
    if (!worker->responder.rrl)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &mono);
    client->mono_ms = (uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000;
}
