/* SPDX-License-Identifier: ISC */
#include "task.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lane.h"

enum {
    END_MS = 200, /* an idle thread ends in a moment */
    JOBS_MAX = 2, /* one, and the one before, which is still being put away when its end is told */
};

struct job {
    struct lane_job job;
    struct task *task;
};

static int run_job(struct lane_job *job)
{
    struct task *task = ((struct job *)job)->task;

    task->run(task->userdata);
    atomic_store(&task->ran, true);
    uv_async_send(&task->ended);
    return 0;
}

static void on_ended(uv_async_t *handle)
{
    struct task *task = handle->data;

    if (!atomic_exchange(&task->ran, false))
        return;
    task->busy = false;
    task->on_ended(task->userdata);
}

int task_init(struct task *task, uv_loop_t *loop, void (*run)(void *userdata),
              void (*on_task_ended)(void *userdata), void *userdata)
{
    int r = uv_async_init(loop, &task->ended, on_ended);

    if (r < 0)
        return r;
    task->ended.data = task;
    task->run = run;
    task->on_ended = on_task_ended;
    task->userdata = userdata;
    task->lane = lane_new(JOBS_MAX, NULL);
    return task->lane ? 0 : -ENOMEM;
}

int task_begin(struct task *task)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return -ENOMEM;
    job->job.run = run_job;
    job->task = task;
    if (!lane_put(task->lane, &job->job))
        return -ENOMEM;
    task->busy = true;
    return 0;
}

bool task_done(struct task *task)
{
    if (!lane_free(task->lane, END_MS))
        return false;
    if (task->ended.data)
        uv_close((uv_handle_t *)&task->ended, NULL);
    return true;
}
