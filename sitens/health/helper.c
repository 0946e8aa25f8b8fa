/* SPDX-License-Identifier: ISC */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_MAX = 16 * 1024, /* octets a turn of the loop, so that a flood cannot keep it busy */
    PIPE_READS = 4,       /* empty a pipe, which holds 64 KiB */
    MESSAGES_MAX = 64,    /* a turn of the loop, for the same reason */
};

/* It lives until the process has been reaped and both handles are closed. */
struct helper {
    struct helpers *all;
    struct helper *next;
    pid_t pid;           /* 0: reaped */
    int socket, output;  /* socket -1: closed */
    uv_poll_t on_socket; /* data NULL: closed */
    uv_poll_t on_output;
    int uses;                           /* handles, and the process */
    const struct helper_events *events; /* NULL: forgotten */
    void *userdata;
    const char *program;
    size_t length; /* of line */
    char line[HELPER_LINE_MAX], last[HELPER_LINE_MAX];
    char path[];
};

struct helpers {
    uv_loop_t *loop;
    uv_signal_t on_child;
    struct helper *first;
    bool closing;
};

static void release(struct helper *helper)
{
    if (--helper->uses == 0)
        free(helper);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void close_poll(uv_poll_t *poll, int *fd)
{
    if (*fd < 0)
        return;
    uv_close((uv_handle_t *)poll, on_closed); /* libuv forgets the descriptor at once */
    close(*fd);
    *fd = -1;
}

/* What it prints */

static void take_output(struct helper *helper, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (data[i] == '\n') {
            helper->length = 0;
        } else if (helper->length + 1 < sizeof helper->line) {
            helper->line[helper->length++] = data[i];
            helper->line[helper->length] = '\0';
            memcpy(helper->last, helper->line, helper->length + 1);
        }
    }
}

/* Returns what read() returned last. */
static ssize_t read_output(struct helper *helper)
{
    char data[READ_MAX];
    ssize_t n = helper->output < 0 ? 0 : read(helper->output, data, sizeof data);

    if (n > 0)
        take_output(helper, data, (size_t)n);
    return n;
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status < 0 || read_output(poll->data) == 0)
        uv_poll_stop(poll);
}

const char *helper_last_line(struct helper *helper)
{
    for (int i = 0; i < PIPE_READS && read_output(helper) > 0; i++)
        ;
    return helper->last;
}

/* What it says and is told */

/* Returns whether the socket is still of use. */
static bool read_messages(struct helper *helper)
{
    char data[HELPER_MESSAGE_MAX];

    for (int i = 0; i < MESSAGES_MAX && helper->events && helper->socket >= 0; i++) {
        ssize_t n = recv(helper->socket, data, sizeof data, 0);

        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        helper->events->on_message(helper->userdata, data, (size_t)n);
    }
    return true;
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct helper *helper = poll->data;

    if (events & UV_WRITABLE) {
        uv_poll_start(poll, UV_READABLE, on_socket);
        if (helper->events && helper->events->on_room)
            helper->events->on_room(helper->userdata);
    }
    if ((status < 0 || !read_messages(helper)) && helper->socket >= 0)
        uv_poll_stop(poll);
}

int helper_send(struct helper *helper, const void *data, size_t n)
{
    if (helper->socket < 0)
        return -EPIPE;
    if (send(helper->socket, data, n, MSG_NOSIGNAL) >= 0)
        return 0;
    if (errno == EAGAIN)
        uv_poll_start(&helper->on_socket, UV_READABLE | UV_WRITABLE, on_socket);
    return -errno;
}

void helper_stop(struct helper *helper)
{
    close_poll(&helper->on_socket, &helper->socket);
}

void helper_forget(struct helper *helper, bool kill_it)
{
    helper->events = NULL;
    if (kill_it && helper->pid)
        kill(helper->pid, SIGKILL);
    close_poll(&helper->on_socket, &helper->socket);
    close_poll(&helper->on_output, &helper->output);
}

/* Its end */

static void tell_end(struct helper *helper, int status)
{
    const struct helper_events *events;
    const char *last, *colon;
    char how[HELPER_TEXT_MAX];

    read_messages(helper);
    events = helper->events;
    if (!events)
        return;
    last = helper_last_line(helper);
    colon = *last ? ": " : "";
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "%s was killed by signal %d (%s)%s%s", helper->path,
                 WTERMSIG(status), strsignal(WTERMSIG(status)), colon, last);
    else
        snprintf(how, sizeof how, "%s: exit status %d%s%s", helper->path, WEXITSTATUS(status),
                 colon, last);
    helper_forget(helper, false);
    events->on_end(helper->userdata, how);
}

static void on_all_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void end_if_last(struct helpers *helpers)
{
    if (helpers->closing && !helpers->first)
        uv_close((uv_handle_t *)&helpers->on_child, on_all_closed);
}

static void reaped(struct helpers *helpers, pid_t pid, int status)
{
    struct helper **link = &helpers->first, *helper;

    while (*link && (*link)->pid != pid)
        link = &(*link)->next;
    helper = *link;
    if (!helper)
        return;
    *link = helper->next;
    helper->pid = 0;
    tell_end(helper, status);
    release(helper);
}

static void on_child(uv_signal_t *signal, int number)
{
    struct helpers *helpers = signal->data;
    pid_t pid;
    int status;

    (void)number;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        reaped(helpers, pid, status);
    end_if_last(helpers);
}

/* Its start */

const char *helper_path(const char *name, char *out)
{
    ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - strlen(name) - 1);

    if (length > 0) {
        out[length] = '\0';
        strcpy(strrchr(out, '/') + 1, name);
        if (access(out, X_OK) == 0)
            return out;
    }
    snprintf(out, PATH_MAX, "%s/%s", SITENS_LIBEXECDIR, name);
    return out;
}

/* The environment without what is meant for the daemon alone: those who know the socket of the
 * service manager could speak in its name. The caller frees the array. NULL: out of memory. */
static char **environment(void)
{
    static const char *const own[] = {"NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_", "JOURNAL_STREAM="};
    size_t n = 0, kept = 0;
    char **out;

    while (environ[n])
        n++;
    out = calloc(n + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++) {
        bool keep = true;

        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            keep = keep && strncmp(environ[i], own[k], strlen(own[k])) != 0;
        if (keep)
            out[kept++] = environ[i];
    }
    return out;
}

static int spawn(char **argv, int input, int output, pid_t *ret)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    char **env = environment();
    int r = env ? posix_spawn_file_actions_init(&files) : ENOMEM;

    if (r != 0) {
        free(env);
        return -r;
    }
    /* Not closed here: in a file system that hangs that takes for ever. musl has no function. */
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    posix_spawnattr_init(&attributes);
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    r = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    r = r ? r : posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    r = r ? r : posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    r = r ? r : posix_spawn(ret, argv[0], &files, &attributes, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    free(env);
    return -r;
}

/* The two ends of both ways to the program. Returns 0 or -errno. */
static int open_ways(int sockets[2], int pipes[2])
{
    int r;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return -errno;
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        r = -errno;
        close(sockets[0]);
        close(sockets[1]);
        return r;
    }
    fcntl(sockets[0], F_SETFL, O_NONBLOCK); /* the program's ends stay as they are */
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    return 0;
}

/* On failure *fd is closed, and poll is no handle. */
static int open_poll(struct helper *helper, uv_poll_t *poll, int *fd, uv_poll_cb on_event)
{
    int r = uv_poll_init(helper->all->loop, poll, *fd);

    if (r < 0) {
        close(*fd);
        *fd = -1;
        return r;
    }
    helper->uses++;
    poll->data = helper;
    return uv_poll_start(poll, UV_READABLE, on_event);
}

static int follow(struct helper *helper)
{
    int r = open_poll(helper, &helper->on_socket, &helper->socket, on_socket);
    int s = open_poll(helper, &helper->on_output, &helper->output, on_output);

    return r < 0 ? r : s;
}

int helper_start(struct helpers *helpers, char **argv, const struct helper_events *events,
                 void *userdata, struct helper **ret)
{
    struct helper *helper = calloc(1, sizeof *helper + strlen(argv[0]) + 1);
    int sockets[2], pipes[2];
    int r = helper ? open_ways(sockets, pipes) : -ENOMEM;

    if (r < 0) {
        free(helper);
        return r;
    }
    helper->all = helpers;
    helper->socket = sockets[0];
    helper->output = pipes[0];
    helper->uses = 1;
    strcpy(helper->path, argv[0]);
    r = spawn(argv, sockets[1], pipes[1], &helper->pid);
    close(sockets[1]);
    close(pipes[1]);
    if (r < 0) {
        close(sockets[0]);
        close(pipes[0]);
        free(helper);
        return r;
    }
    helper->next = helpers->first;
    helpers->first = helper;
    r = follow(helper);
    if (r < 0) {
        helper_forget(helper, true);
        return r;
    }
    helper->events = events;
    helper->userdata = userdata;
    *ret = helper;
    return 0;
}

int helpers_new(uv_loop_t *loop, struct helpers **ret)
{
    struct helpers *helpers = calloc(1, sizeof *helpers);
    int r;

    if (!helpers)
        return -ENOMEM;
    helpers->loop = loop;
    r = uv_signal_init(loop, &helpers->on_child);
    if (r < 0) {
        free(helpers);
        return r;
    }
    helpers->on_child.data = helpers;
    uv_signal_start(&helpers->on_child, on_child, SIGCHLD);
    /* The right to bind port 53, which we ourselves keep. */
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
    *ret = helpers;
    return 0;
}

void helpers_free(struct helpers *helpers)
{
    helpers->closing = true;
    end_if_last(helpers);
}
