/* SPDX-License-Identifier: ISC */
/*
 * probe_file: passes when a file exists and was modified less than max-age ago.
 *
 * It looks from a thread of its own, for a network file system may block for ever, and libuv's
 * threads are there for all. As long as a look has not come back, no other begins, so that a hung
 * file system costs one thread a check, and LOOKS_MAX in all, reloads included.
 *
 * This is the one probe that needs the wall clock: the file's time is of it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "probe.h"

enum {
    LOOKS_MAX = 256,        /* that have not come back */
    STACK_SIZE = 64 * 1024, /* octets, of which stat() needs few */
};

struct probe_file;

/* Belongs to the loop and to its thread; who goes last frees it. */
struct look {
    uv_async_t back;
    pthread_mutex_t mutex; /* of the next three */
    bool is_over;          /* the thread is done */
    bool is_closing;       /* the loop does not listen any more */
    bool is_closed;        /* the loop does not know it any more */
    struct probe_file *owner;
    bool cancelled;
    int error; /* errno, 0: none */
    struct stat status;
    char path[];
};

struct probe_file {
    struct probe probe;
    uv_loop_t *loop;
    const struct conf_check *conf;
    struct look *look; /* NULL: none has yet to come back */
};

static _Atomic unsigned n_looks;

bool probe_file_is_held(void)
{
    return n_looks > 0;
}

static void end(struct probe_file *file, const struct stat *st)
{
    uint32_t max_age_s = file->conf->max_age_ms / 1000;
    int64_t age_s = (int64_t)time(NULL) - st->st_mtim.tv_sec;

    if (max_age_s == 0)
        probe_end(&file->probe, PROBE_PASS, "%s exists", file->conf->file);
    else if (age_s > max_age_s)
        probe_end(&file->probe, PROBE_FAIL, "%s is %lld s old, more than max-age (%u s)",
                  file->conf->file, (long long)age_s, max_age_s);
    else if (age_s < -(int64_t)max_age_s)
        probe_end(&file->probe, PROBE_FAIL, "%s is dated %lld s in the future; is the clock right?",
                  file->conf->file, (long long)-age_s);
    else
        probe_end(&file->probe, PROBE_PASS, "%s is %lld s old", file->conf->file, (long long)age_s);
}

static void look_free(struct look *look)
{
    pthread_mutex_destroy(&look->mutex);
    free(look);
    n_looks--;
}

static void *run(void *argument)
{
    struct look *look = argument;
    bool is_mine;

    look->error = stat(look->path, &look->status) < 0 ? errno : 0;
    pthread_mutex_lock(&look->mutex);
    look->is_over = true;
    is_mine = look->is_closed;
    if (!look->is_closing)
        uv_async_send(&look->back);
    pthread_mutex_unlock(&look->mutex);
    if (is_mine)
        look_free(look);
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct look *look = handle->data;
    bool is_mine;

    pthread_mutex_lock(&look->mutex);
    look->is_closed = true;
    is_mine = look->is_over;
    pthread_mutex_unlock(&look->mutex);
    if (is_mine)
        look_free(look);
}

static void look_leave(struct look *look)
{
    pthread_mutex_lock(&look->mutex);
    look->is_closing = true;
    pthread_mutex_unlock(&look->mutex);
    look->owner->look = NULL;
    uv_close((uv_handle_t *)&look->back, on_closed);
}

static void on_back(uv_async_t *async)
{
    struct look *look = async->data;
    struct probe_file *file = look->owner;

    look_leave(look);
    if (look->cancelled)
        return;
    if (look->error)
        probe_end(&file->probe, PROBE_FAIL, "%s: %s", file->conf->file, uv_strerror(-look->error));
    else
        end(file, &look->status);
}

static int start_thread(struct look *look)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int r = pthread_attr_init(&attributes);

    if (r != 0)
        return -r;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    r = pthread_create(&thread, &attributes, run, look);
    pthread_attr_destroy(&attributes);
    return -r;
}

static int look_new(struct probe_file *file)
{
    const char *path = file->conf->file;
    struct look *look = calloc(1, sizeof *look + strlen(path) + 1);
    int r = look ? uv_async_init(file->loop, &look->back, on_back) : -ENOMEM;

    if (r < 0) {
        free(look);
        return r;
    }
    n_looks++;
    look->back.data = look;
    pthread_mutex_init(&look->mutex, NULL);
    strcpy(look->path, path);
    look->owner = file;
    file->look = look;
    r = start_thread(look);
    if (r < 0) {
        look->is_over = true;
        look_leave(look);
    }
    return r;
}

static void start(struct probe *probe)
{
    struct probe_file *file = (struct probe_file *)probe;
    int r;

    if (file->look) {
        probe_end(probe, PROBE_FAIL, "%s: the file system still hangs", file->conf->file);
        return;
    }
    r = n_looks < LOOKS_MAX ? look_new(file) : -EAGAIN;
    if (r < 0)
        probe_end(probe, PROBE_UNMADE, "%s: cannot look: %s", file->conf->file, uv_strerror(r));
}

static const char *cancel(struct probe *probe)
{
    struct probe_file *file = (struct probe_file *)probe;

    file->look->cancelled = true;
    return "the file system";
}

static void destroy(struct probe *probe)
{
    struct probe_file *file = (struct probe_file *)probe;

    if (file->look)
        look_leave(file->look);
    free(file);
}

static const struct probe_class class = {start, cancel, destroy, NULL};

int probe_file_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_file *file = calloc(1, sizeof *file);

    if (!file)
        return -ENOMEM;
    file->probe.class = &class;
    file->loop = env->loop;
    file->conf = check;
    *ret = &file->probe;
    return 0;
}
