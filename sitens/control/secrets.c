/* SPDX-License-Identifier: ISC */
#include "secrets.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "directories.h"
#include "lane.h"
#include "log.h"

enum { WAITING_MAX = 2, LOAD_MS = 1000, END_MS = 500 };

/* The file, for a thread that may hang in it. */
struct secrets_file {
    struct lane *lane;
    char path[PATH_MAX];
    time_t now; /* of the load */
    struct cookie_secrets loaded;
    int result;
    _Atomic bool done;
};

struct load_job {
    struct lane_job job;
    struct secrets_file *file;
};

struct write_job {
    struct lane_job job;
    struct secrets_file *file;
    struct cookie_secrets secrets;
    int error; /* of the attempt before */
};

static void warn(const char *path, int error)
{
    log_warning("%s: %s", path,
                error == -ETIMEDOUT
                    ? "the file system does not answer; cookies last until the next start"
                    : cookie_secrets_strerror(error));
}

static int run_load(struct lane_job *job)
{
    struct secrets_file *file = ((struct load_job *)job)->file;

    file->result = cookie_secrets_load(file->path, file->now, &file->loaded);
    atomic_store(&file->done, true);
    return 0;
}

static int run_write(struct lane_job *job)
{
    struct write_job *write = (struct write_job *)job;
    const char *path = write->file->path;
    int r = cookie_secrets_write(path, &write->secrets);

    if (r < 0 && r != write->error)
        warn(path, r);
    else if (r == 0 && write->error < 0)
        log_notice("%s can be written again", path);
    write->error = r;
    return r;
}

/* Until it can be written, cookies last until the next start. */
static void write_later(struct secrets *s)
{
    struct write_job *write = s->kept ? malloc(sizeof *write) : NULL;

    if (!write)
        return;
    *write = (struct write_job){{.key = "write", .run = run_write}, s->file, s->cookie, 0};
    lane_put(s->file->lane, &write->job);
}

static int load_in_time(struct secrets_file *file)
{
    struct load_job *load = calloc(1, sizeof *load);

    if (!load)
        return -ENOMEM;
    load->job.run = run_load;
    load->file = file;
    lane_put(file->lane, &load->job);
    return lane_wait(file->lane, LOAD_MS) ? file->result : -ETIMEDOUT;
}

int secrets_load(struct secrets *s, time_t now)
{
    struct secrets_file *file = calloc(1, sizeof *file);
    int r;

    if (file)
        file->lane = lane_new(WAITING_MAX, NULL);
    if (!file || !file->lane) {
        free(file);
        return -ENOMEM;
    }
    file->now = now;
    snprintf(file->path, sizeof file->path, "%s/cookie-secrets", directories_state());
    s->file = file;
    r = load_in_time(file);
    if (atomic_load(&file->done))
        s->cookie = file->loaded;
    else
        cookie_secrets_make(now, &s->cookie);
    s->kept = r == 0 || r == -ENOENT; /* else what is there is left for a human to look at */
    if (!s->kept)
        warn(file->path, r);
    if (r == -ENOENT)
        write_later(s);
    return 0;
}

bool secrets_renew(struct secrets *s, time_t now)
{
    if (!cookie_secrets_are_due(&s->cookie, now))
        return false;
    cookie_secrets_rotate(&s->cookie, now, &s->cookie);
    write_later(s);
    log_debug("new cookie secret");
    return true;
}

void secrets_done(struct secrets *s)
{
    if (s->file && lane_free(s->file->lane, END_MS))
        free(s->file);
}
