/* SPDX-License-Identifier: ISC */
#include "replacer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lane.h"
#include "log.h"

enum {
    WAITING_MAX = 4096, /* files, so more than there can be zones, each with a few */
    END_MS = 500,
};

/* A file that cannot be written at present. */
struct failure {
    struct failure *next;
    int error;
    char path[];
};

struct content;

struct replacer {
    struct lane *lane;
    struct content *content;  /* that is being read, or NULL */
    struct failure *failures; /* the lane's thread alone has it */
};

struct file_job {
    struct lane_job job;
    struct replacer *replacer;
    struct replace_options options;
    bool removed;
    size_t length;
    const char *text; /* of content; the path is before it */
    char content[];
};

static struct failure **find_failure(struct replacer *replacer, const char *path)
{
    struct failure **at = &replacer->failures;

    while (*at && strcmp((*at)->path, path))
        at = &(*at)->next;
    return at;
}

static struct failure *add_failure(struct replacer *replacer, const char *path)
{
    struct failure *failure = calloc(1, sizeof *failure + strlen(path) + 1);

    if (!failure)
        return NULL;
    strcpy(failure->path, path);
    failure->next = replacer->failures;
    replacer->failures = failure;
    return failure;
}

/* Tells of a failure once, not every second. */
static void note_failure(struct replacer *replacer, const char *path, int error)
{
    struct failure *failure = *find_failure(replacer, path);

    if (!failure)
        failure = add_failure(replacer, path);
    if (!failure || failure->error != error)
        log_warning("%s cannot be written: %s", path, strerror(-error));
    if (failure)
        failure->error = error;
}

static void note_success(struct replacer *replacer, const char *path)
{
    struct failure **at = find_failure(replacer, path), *failure = *at;

    if (!failure)
        return;
    log_notice("%s can be written again", path);
    *at = failure->next;
    free(failure);
}

static int run_job(struct lane_job *job)
{
    const struct file_job *file = (const struct file_job *)job;
    int r = 0;

    if (!file->removed)
        r = replace_file(job->key, file->text, file->length, &file->options);
    else if (unlink(job->key) < 0 && errno != ENOENT && errno != ENOTDIR)
        r = -errno;
    if (r < 0)
        note_failure(file->replacer, job->key, r);
    else
        note_success(file->replacer, job->key);
    return r;
}

static bool put(struct replacer *replacer, const char *path, const char *text, size_t length,
                const struct replace_options *options)
{
    size_t path_size = strlen(path) + 1;
    struct file_job *file = malloc(sizeof *file + path_size + length);

    if (!file) {
        log_warning("%s cannot be written: %s", path, strerror(ENOMEM));
        return false;
    }
    *file = (struct file_job){.job = {.key = file->content, .run = run_job}, .replacer = replacer};
    memcpy(file->content, path, path_size);
    file->removed = !text;
    if (text) {
        file->options = *options;
        file->text = memcpy(file->content + path_size, text, length);
        file->length = length;
    }
    return lane_put(replacer->lane, &file->job);
}

struct replacer *replacer_new(void)
{
    struct replacer *replacer = calloc(1, sizeof *replacer);

    if (!replacer)
        return NULL;
    replacer->lane = lane_new(WAITING_MAX, NULL);
    if (!replacer->lane) {
        free(replacer);
        return NULL;
    }
    return replacer;
}

bool replacer_put(struct replacer *replacer, const char *path, const char *text, size_t length,
                  const struct replace_options *options)
{
    return put(replacer, path, text, length, options);
}

bool replacer_remove(struct replacer *replacer, const char *path)
{
    return put(replacer, path, NULL, 0, NULL);
}

/* What a read has come to. */
struct content {
    ssize_t n; /* or -errno */
    size_t size;
    char text[];
};

struct read_job {
    struct lane_job job;
    struct content *content;
    char path[];
};

static int run_read(struct lane_job *job)
{
    const struct read_job *read_job = (const struct read_job *)job;
    struct content *c = read_job->content;
    int fd = open(read_job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    c->n = fd < 0 ? -1 : read(fd, c->text, c->size);
    if (c->n < 0)
        c->n = -errno;
    if (fd >= 0)
        close(fd);
    return 0;
}

static struct content *begin_read(struct replacer *replacer, const char *path, size_t size)
{
    struct content *content = calloc(1, sizeof *content + size);
    struct read_job *job = calloc(1, sizeof *job + strlen(path) + 1);

    if (!content || !job) {
        free(content);
        free(job);
        return NULL;
    }
    content->size = size;
    job->job.run = run_read;
    job->content = content;
    strcpy(job->path, path);
    lane_put(replacer->lane, &job->job);
    return content;
}

ssize_t replacer_read(struct replacer *replacer, const char *path, char *text, size_t size,
                      int wait_ms)
{
    struct content *content = replacer->content;
    ssize_t n;

    if (!content)
        content = replacer->content = begin_read(replacer, path, size);
    if (!content)
        return -ENOMEM;
    if (!lane_wait(replacer->lane, wait_ms))
        return -ETIMEDOUT;
    replacer->content = NULL;
    n = content->n;
    if (n > 0)
        memcpy(text, content->text, (size_t)n);
    free(content);
    return n;
}

void replacer_free(struct replacer *replacer)
{
    struct failure *failure;

    if (!replacer || !lane_free(replacer->lane, END_MS))
        return;
    while ((failure = replacer->failures)) {
        replacer->failures = failure->next;
        free(failure);
    }
    free(replacer->content);
    free(replacer);
}
