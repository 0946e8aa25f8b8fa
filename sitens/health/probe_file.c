/* SPDX-License-Identifier: ISC */
/*
 * probe_file: passes when a file exists and was modified less than max-age ago.
 *
 * It looks from libuv's thread pool, for a network file system may block for ever. As long as a
 * look has not come back, no other begins: a hung mount costs one thread a check. The pool has
 * four; once all hang, other file checks run into their deadline and fail. That is safe, so the
 * pool stays small.
 *
 * This is the one probe that needs the wall clock: the file's time is of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "probe.h"

struct probe_file;

/* The loop frees it, when the probe may be long gone. */
struct look {
    uv_fs_t request;
    struct probe_file *owner; /* NULL: the probe is gone */
    bool cancelled;
};

struct probe_file {
    struct probe probe;
    uv_loop_t *loop;
    const struct conf_check *conf;
    struct look *look; /* NULL: none has yet to come back */
};

static void end(struct probe_file *file, const uv_stat_t *st)
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

static void on_look(uv_fs_t *request)
{
    struct look *look = request->data;
    struct probe_file *file = look->owner;

    if (file)
        file->look = NULL;
    if (file && !look->cancelled && request->result < 0)
        probe_end(&file->probe, PROBE_FAIL, "%s: %s", file->conf->file,
                  uv_strerror((int)request->result));
    else if (file && !look->cancelled)
        end(file, &request->statbuf);
    uv_fs_req_cleanup(request);
    free(look);
}

static void start(struct probe *probe)
{
    struct probe_file *file = (struct probe_file *)probe;
    int r = UV_ENOMEM;

    if (file->look) {
        probe_end(probe, PROBE_FAIL, "%s: the file system still hangs", file->conf->file);
        return;
    }
    file->look = calloc(1, sizeof *file->look);
    if (file->look) {
        file->look->owner = file;
        file->look->request.data = file->look;
        r = uv_fs_stat(file->loop, &file->look->request, file->conf->file, on_look);
    }
    if (r < 0) {
        free(file->look);
        file->look = NULL;
        probe_end(probe, PROBE_FAIL, "%s: %s", file->conf->file, uv_strerror(r));
    }
}

static const char *cancel(struct probe *probe)
{
    struct probe_file *file = (struct probe_file *)probe;

    file->look->cancelled = true;
    uv_cancel((uv_req_t *)&file->look->request); /* works only while it waits for a thread */
    return "the file system";
}

static void destroy(struct probe *probe)
{
    struct probe_file *file = (struct probe_file *)probe;

    if (file->look)
        file->look->owner = NULL;
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
