/* SPDX-License-Identifier: ISC */
#include "process.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    READ_MAX = 16 * 1024, /* octets a turn of the loop, so that a flood cannot keep it busy */
    PIPE_READS = 4,       /* empty a pipe, which holds 64 KiB */
    TEXT_MAX = 2 * PROCESS_LINE_MAX,
};

/* The loop frees it, when the process may be long gone. */
struct run {
    uv_process_t child;
    uv_poll_t output;
    int fd;                /* the output's reading end */
    int handles;           /* not yet closed */
    struct process *owner; /* NULL: it is gone */
    bool cancelled;
    size_t length; /* of line */
    char line[PROCESS_LINE_MAX], last[PROCESS_LINE_MAX];
};

struct process {
    uv_loop_t *loop;
    char **argv;
    process_end_fn on_end;
    void *userdata;
    struct run *run; /* NULL: none, or the last one has been reaped */
};

static void on_closed(uv_handle_t *handle)
{
    struct run *run = handle->data;

    if (--run->handles > 0)
        return;
    close(run->fd);
    if (run->owner)
        run->owner->run = NULL;
    free(run);
}

static void run_close(struct run *run)
{
    uv_close((uv_handle_t *)&run->child, on_closed);
    uv_close((uv_handle_t *)&run->output, on_closed);
}

static void take_output(struct run *run, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (data[i] == '\n') {
            run->length = 0;
        } else if (run->length + 1 < sizeof run->line) {
            run->line[run->length++] = data[i];
            run->line[run->length] = '\0';
            memcpy(run->last, run->line, run->length + 1);
        }
    }
}

/* Returns what read() returned last. */
static ssize_t read_output(struct run *run)
{
    char data[READ_MAX];
    ssize_t n = read(run->fd, data, sizeof data);

    if (n > 0)
        take_output(run, data, (size_t)n);
    return n;
}

static void empty_pipe(struct run *run)
{
    for (int i = 0; i < PIPE_READS && read_output(run) > 0; i++)
        ;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status < 0 || read_output(poll->data) == 0)
        uv_poll_stop(poll);
}

static void on_exit_status(uv_process_t *child, int64_t status, int term_signal)
{
    struct run *run = child->data;
    struct process *process = run->owner;
    char text[TEXT_MAX];
    const char *colon;

    kill(-child->pid, SIGKILL); /* what it left behind */
    empty_pipe(run);
    run_close(run);
    if (!process || run->cancelled)
        return;
    colon = *run->last ? ": " : "";
    if (term_signal)
        snprintf(text, sizeof text, "%s was killed by signal %d (%s)%s%s", process->argv[0],
                 term_signal, strsignal(term_signal), colon, run->last);
    else
        snprintf(text, sizeof text, "%s: exit status %d%s%s", process->argv[0], (int)status, colon,
                 run->last);
    process->on_end(process->userdata, term_signal ? -1 : (int)status, run->last, text);
}

static int spawn(struct process *process, struct run *run, int output)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = output},
        {.flags = UV_INHERIT_FD, .data.fd = output},
    };
    const uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = process->argv[0],
        .args = process->argv,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED, /* setsid() */
        .stdio_count = 3,
        .stdio = stdio,
    };

    /* Whatever a library, or who started us, has left open; and the right to bind port 53, which
     * we ourselves keep. */
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
    return uv_spawn(process->loop, &run->child, &options);
}

/* Starts the command. On failure nothing is left but a run that closes itself, or none. */
static int run_new(struct process *process)
{
    struct run *run = calloc(1, sizeof *run);
    int fds[2];
    int r = run ? uv_pipe(fds, UV_NONBLOCK_PIPE, 0) : UV_ENOMEM;

    if (r < 0) {
        free(run);
        return r;
    }
    run->fd = fds[0];
    r = uv_poll_init(process->loop, &run->output, fds[0]);
    if (r < 0) {
        close(fds[0]);
        close(fds[1]);
        free(run);
        return r;
    }
    process->run = run;
    run->owner = process;
    run->handles = 2;
    run->child.data = run->output.data = run;
    r = spawn(process, run, fds[1]);
    close(fds[1]);
    if (r < 0)
        run_close(run);
    else
        uv_poll_start(&run->output, UV_READABLE, on_readable);
    return r;
}

void process_start(struct process *process)
{
    const char *command = process->argv[0];
    char text[TEXT_MAX];
    int r;

    if (process->run) {
        snprintf(text, sizeof text, "%s: the run before was killed but has not ended", command);
    } else {
        r = run_new(process);
        if (r == 0)
            return;
        snprintf(text, sizeof text, "cannot run %s: %s", command, uv_strerror(r));
    }
    process->on_end(process->userdata, -1, "", text);
}

const char *process_cancel(struct process *process)
{
    struct run *run = process->run;

    empty_pipe(run);
    run->cancelled = true;
    kill(-run->child.pid, SIGKILL);
    return run->last;
}

int process_new(uv_loop_t *loop, char **argv, process_end_fn on_end, void *userdata,
                struct process **ret)
{
    struct process *process = calloc(1, sizeof *process);

    if (!process)
        return -ENOMEM;
    process->loop = loop;
    process->argv = argv;
    process->on_end = on_end;
    process->userdata = userdata;
    *ret = process;
    return 0;
}

void process_free(struct process *process)
{
    if (process && process->run)
        process->run->owner = NULL;
    free(process);
}
