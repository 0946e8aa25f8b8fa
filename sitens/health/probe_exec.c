/* SPDX-License-Identifier: ISC */
/*
 * probe_exec: runs a command and passes when it exits with status 0.
 *
 * The command line is split at white space; no shell sees it. The command leads a session of its
 * own; when it ends, or at the deadline, its whole process group is killed, so that nothing it
 * started stays behind. Standard output and error are read to the end, however much it is, and the
 * last line is kept for the reason. The next run waits until the one before has been reaped.
 */
#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "health/probe.h"

enum {
    LINE_MAX_OCTETS = 160, /* of the output's last line */
    READ_MAX = 16 * 1024,  /* octets a turn of the loop, so that a flood cannot keep it busy */
    PIPE_READS = 4,        /* empty a pipe, which holds 64 KiB */
};

struct probe_exec;

/* One process. The loop frees it, when the probe may be long gone. */
struct run {
    uv_process_t process;
    uv_poll_t output;
    int fd;                   /* the output's reading end */
    int handles;              /* not yet closed */
    struct probe_exec *owner; /* NULL: the probe is gone */
    bool cancelled;
    size_t length; /* of line */
    char line[LINE_MAX_OCTETS], last[LINE_MAX_OCTETS];
};

struct probe_exec {
    struct probe probe;
    uv_loop_t *loop;
    char *words; /* argv points into it */
    char **argv;
    struct run *run; /* NULL: no process */
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
    uv_close((uv_handle_t *)&run->process, on_closed);
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

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status < 0 || read_output(poll->data) == 0)
        uv_poll_stop(poll);
}

static void on_exit_status(uv_process_t *process, int64_t status, int term_signal)
{
    struct run *run = process->data;
    struct probe_exec *exec = run->owner;
    const char *colon;

    kill(-process->pid, SIGKILL); /* what it left behind */
    for (int i = 0; i < PIPE_READS && read_output(run) > 0; i++)
        ;
    run_close(run);
    if (!exec || run->cancelled)
        return;
    colon = *run->last ? ": " : "";
    if (term_signal)
        probe_end(&exec->probe, false, "%s was killed by signal %d (%s)%s%s", exec->argv[0],
                  term_signal, strsignal(term_signal), colon, run->last);
    else
        probe_end(&exec->probe, status == 0, "%s: exit status %d%s%s", exec->argv[0], (int)status,
                  colon, run->last);
}

static int spawn(struct probe_exec *exec, struct run *run, int output)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = output},
        {.flags = UV_INHERIT_FD, .data.fd = output},
    };
    const uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = exec->argv[0],
        .args = exec->argv,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED, /* setsid() */
        .stdio_count = 3,
        .stdio = stdio,
    };

    /* libcurl's sockets, unlike libuv's, would be inherited. */
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    return uv_spawn(exec->loop, &run->process, &options);
}

/* Starts the command. On failure nothing is left but a run that closes itself, or none. */
static int run_new(struct probe_exec *exec)
{
    struct run *run = calloc(1, sizeof *run);
    int fds[2];
    int r = run ? uv_pipe(fds, UV_NONBLOCK_PIPE, 0) : UV_ENOMEM;

    if (r < 0) {
        free(run);
        return r;
    }
    run->fd = fds[0];
    r = uv_poll_init(exec->loop, &run->output, fds[0]);
    if (r < 0) {
        close(fds[0]);
        close(fds[1]);
        free(run);
        return r;
    }
    exec->run = run;
    run->owner = exec;
    run->handles = 2;
    run->process.data = run->output.data = run;
    r = spawn(exec, run, fds[1]);
    close(fds[1]);
    if (r < 0)
        run_close(run);
    else
        uv_poll_start(&run->output, UV_READABLE, on_readable);
    return r;
}

static void start(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;
    int r;

    if (exec->run) {
        probe_end(probe, false, "%s: the run before was killed but has not ended", exec->argv[0]);
        return;
    }
    r = run_new(exec);
    if (r < 0)
        probe_end(probe, false, "cannot run %s: %s", exec->argv[0], uv_strerror(r));
}

static const char *cancel(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;

    exec->run->cancelled = true;
    kill(-exec->run->process.pid, SIGKILL);
    return "the command";
}

static void destroy(struct probe *probe)
{
    struct probe_exec *exec = (struct probe_exec *)probe;

    if (exec->run)
        exec->run->owner = NULL;
    free(exec->argv);
    free(exec->words);
    free(exec);
}

static const struct probe_class class = {start, cancel, destroy};

/* Splits words, which conf_rules has made sure to hold at least one. */
static void split(struct probe_exec *exec)
{
    size_t n = 0;
    char *rest = NULL;

    for (char *w = strtok_r(exec->words, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest))
        exec->argv[n++] = w;
}

int probe_exec_new(struct watch_env *env, const struct conf_check *check, struct probe **ret)
{
    struct probe_exec *exec = calloc(1, sizeof *exec);

    if (!exec)
        return -ENOMEM;
    exec->probe.class = &class;
    exec->loop = env->loop;
    exec->words = strdup(check->exec);
    exec->argv = calloc(strlen(check->exec) / 2 + 2, sizeof *exec->argv);
    if (!exec->words || !exec->argv) {
        destroy(&exec->probe);
        return -ENOMEM;
    }
    split(exec);
    *ret = &exec->probe;
    return 0;
}
