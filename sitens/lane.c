/* SPDX-License-Identifier: ISC */
#include "lane.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RETRY_S = 1,
    STACK_KIB = 1024, /* what is not used takes no memory */
};

struct jobs {
    struct lane_job *first, **end; /* where the next one is linked */
};

struct lane {
    pthread_mutex_t lock;
    pthread_cond_t work, progress; /* for the lane's thread; for those who wait for it */
    pthread_t thread;
    struct jobs waiting, failed;
    size_t n, max; /* in both lists, and the one that runs */
    void (*on_idle)(void);
    bool ending, ended;
};

static void append(struct jobs *jobs, struct lane_job *job)
{
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
}

static struct lane_job *take_first(struct jobs *jobs)
{
    struct lane_job *job = jobs->first;

    if (job)
        jobs->first = job->next;
    if (!jobs->first)
        jobs->end = &jobs->first;
    return job;
}

/* Removes the job of that key, if there is one, and returns whether there was. */
static bool drop_key(struct jobs *jobs, const char *key)
{
    for (struct lane_job **at = &jobs->first; key && *at; at = &(*at)->next) {
        struct lane_job *job = *at;

        if (!job->key || strcmp(job->key, key))
            continue;
        *at = job->next;
        if (!*at)
            jobs->end = at;
        free(job);
        return true;
    }
    return false;
}

static bool has_key(const struct jobs *jobs, const char *key)
{
    for (const struct lane_job *job = jobs->first; key && job; job = job->next)
        if (job->key && !strcmp(job->key, key))
            return true;
    return false;
}

static void retry_failed(struct lane *lane)
{
    struct lane_job *job;

    while ((job = take_first(&lane->failed)))
        append(&lane->waiting, job);
}

static struct timespec deadline_in(time_t s, long ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += s + ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* Waits for a job, or the time to try again what failed. Returns NULL at the end. */
static struct lane_job *next_job(struct lane *lane)
{
    while (!lane->waiting.first && !lane->ending) {
        struct timespec until = deadline_in(RETRY_S, 0);

        if (!lane->failed.first)
            pthread_cond_wait(&lane->work, &lane->lock);
        else if (pthread_cond_timedwait(&lane->work, &lane->lock, &until))
            retry_failed(lane);
    }
    return take_first(&lane->waiting);
}

static void run_job(struct lane *lane, struct lane_job *job)
{
    int r;

    pthread_mutex_unlock(&lane->lock);
    r = job->run(job);
    pthread_mutex_lock(&lane->lock);
    if (r < 0 && !has_key(&lane->waiting, job->key)) {
        append(&lane->failed, job);
    } else {
        free(job);
        lane->n--;
    }
    pthread_cond_broadcast(&lane->progress);
}

static void tell_idle(struct lane *lane)
{
    if (!lane->on_idle || lane->waiting.first)
        return;
    pthread_mutex_unlock(&lane->lock);
    lane->on_idle();
    pthread_mutex_lock(&lane->lock);
}

static void *run(void *argument)
{
    struct lane *lane = argument;
    struct lane_job *job;

    pthread_mutex_lock(&lane->lock);
    while ((job = next_job(lane))) {
        run_job(lane, job);
        tell_idle(lane);
    }
    lane->ended = true;
    pthread_cond_broadcast(&lane->progress);
    pthread_mutex_unlock(&lane->lock);
    return NULL;
}

/* Signals are for the control loop. */
static int start_thread(struct lane *lane)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int r = pthread_attr_init(&attributes);

    if (r)
        return -r;
    pthread_attr_setstacksize(&attributes, (size_t)STACK_KIB * 1024);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&lane->thread, &attributes, run, lane);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -r;
}

/* Whoever sets the clock of the host makes nobody wait longer. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct lane *lane_new(size_t max, void (*on_idle)(void))
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (!lane)
        return NULL;
    lane->max = max;
    lane->on_idle = on_idle;
    lane->waiting.end = &lane->waiting.first;
    lane->failed.end = &lane->failed.first;
    pthread_mutex_init(&lane->lock, NULL);
    init_condition(&lane->work);
    init_condition(&lane->progress);
    if (start_thread(lane) < 0) {
        free(lane);
        return NULL;
    }
    return lane;
}

bool lane_put(struct lane *lane, struct lane_job *job)
{
    bool room;

    if (!lane) {
        job->run(job);
        free(job);
        return true;
    }
    pthread_mutex_lock(&lane->lock);
    lane->n -= drop_key(&lane->waiting, job->key) || drop_key(&lane->failed, job->key);
    room = lane->n < lane->max;
    if (room) {
        append(&lane->waiting, job);
        lane->n++;
        pthread_cond_signal(&lane->work);
    }
    pthread_mutex_unlock(&lane->lock);
    if (!room)
        free(job);
    return room;
}

void lane_wait_for_room(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    while (lane->n >= lane->max)
        pthread_cond_wait(&lane->progress, &lane->lock);
    pthread_mutex_unlock(&lane->lock);
}

bool lane_wait(struct lane *lane, int timeout_ms)
{
    struct timespec until = deadline_in(0, timeout_ms);
    bool idle;

    pthread_mutex_lock(&lane->lock);
    while (lane->n > 0 && !pthread_cond_timedwait(&lane->progress, &lane->lock, &until))
        ;
    idle = lane->n == 0;
    pthread_mutex_unlock(&lane->lock);
    return idle;
}

static void free_jobs(struct jobs *jobs)
{
    struct lane_job *job;

    while ((job = take_first(jobs)))
        free(job);
}

static void free_all(struct lane *lane)
{
    pthread_join(lane->thread, NULL);
    free_jobs(&lane->failed);
    pthread_cond_destroy(&lane->work);
    pthread_cond_destroy(&lane->progress);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}

bool lane_free(struct lane *lane, int timeout_ms)
{
    struct timespec until = deadline_in(0, timeout_ms);
    bool ended;
    int r = 0;

    if (!lane)
        return true;
    pthread_mutex_lock(&lane->lock);
    lane->ending = true;
    pthread_cond_signal(&lane->work);
    while (!lane->ended && r == 0)
        r = timeout_ms < 0 ? pthread_cond_wait(&lane->progress, &lane->lock)
                           : pthread_cond_timedwait(&lane->progress, &lane->lock, &until);
    ended = lane->ended;
    pthread_mutex_unlock(&lane->lock);
    if (ended)
        free_all(lane);
    else
        pthread_detach(lane->thread); /* nobody waits for it any more */
    return ended;
}
