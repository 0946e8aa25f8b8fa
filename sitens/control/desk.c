/* SPDX-License-Identifier: ISC */
#include "desk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/ctl.h"
#include "directories.h"
#include "lane.h"
#include "log.h"

enum {
    VISITORS_MAX = 16,
    BACKLOG = 16,
    JOBS_MAX = 3, /* to bind, to try that again, and to unlink */
    BIND_MS = 1000,
    LOOK_MS = 1000, /* whether it has succeeded */
    END_MS = 200,
};

struct visitor {
    uv_pipe_t pipe;
    uv_timer_t patience;
    uv_write_t write;
    struct desk *desk;
    int open; /* handles that are not closed yet; 0: nobody is here */
    char *answer;
    size_t length;
    char line[CTL_LINE_MAX];
};

/* Where the socket is; for a thread of its own, since its file system may hang. */
struct place {
    struct lane *lane;
    struct sockaddr_un address;
    _Atomic int fd; /* or -errno */
};

struct place_job {
    struct lane_job job;
    struct place *place;
};

struct desk {
    struct place *place;
    uv_pipe_t pipe;
    uv_timer_t look; /* for the place, where it could not be had at once */
    struct desk_events events;
    struct visitor visitors[VISITORS_MAX];
    unsigned open; /* visitors, the pipe and the timer */
    bool waiting;  /* no room for who came last: libuv listens no more until he is let in */
    char path[PATH_MAX];
};

static void let_in(struct desk *desk);

static void leave(struct desk *desk)
{
    if (--desk->open == 0)
        free(desk);
    else if (desk->waiting)
        let_in(desk);
}

static void on_visitor_closed(uv_handle_t *handle)
{
    struct visitor *v = handle->data;

    if (--v->open > 0)
        return;
    free(v->answer);
    leave(v->desk);
}

static void dismiss(struct visitor *v)
{
    if (uv_is_closing((uv_handle_t *)&v->pipe))
        return;
    uv_close((uv_handle_t *)&v->pipe, on_visitor_closed);
    uv_close((uv_handle_t *)&v->patience, on_visitor_closed);
}

static void on_impatient(uv_timer_t *timer)
{
    dismiss(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    dismiss(write->data);
}

static long uid_of(const uv_pipe_t *pipe)
{
    struct ucred who;
    socklen_t length = sizeof who;
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)pipe, &fd) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0)
        return -1;
    return (long)who.uid;
}

static void answer(struct visitor *v)
{
    const struct desk_events *events = &v->desk->events;
    uv_buf_t buffer;

    uv_read_stop((uv_stream_t *)&v->pipe);
    v->answer = events->on_question(events->userdata, v->line, uid_of(&v->pipe));
    if (!v->answer) {
        dismiss(v);
        return;
    }
    buffer = uv_buf_init(v->answer, (unsigned)strlen(v->answer));
    v->write.data = v;
    if (uv_write(&v->write, (uv_stream_t *)&v->pipe, &buffer, 1, on_written) < 0)
        dismiss(v);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct visitor *v = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(v->line + v->length, (unsigned)(sizeof v->line - 1 - v->length));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct visitor *v = stream->data;
    char *newline;

    (void)buffer;
    if (n < 0) { /* gone, or a line that is too long: no room is left to read into */
        dismiss(v);
        return;
    }
    v->length += (size_t)n;
    v->line[v->length] = '\0';
    newline = strchr(v->line, '\n');
    if (newline) {
        *newline = '\0';
        answer(v);
    }
}

static struct visitor *empty_place(struct desk *desk)
{
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (desk->visitors[i].open == 0)
            return &desk->visitors[i];
    return NULL;
}

static void let_in(struct desk *desk)
{
    struct visitor *v = empty_place(desk);

    desk->waiting = !v;
    if (!v)
        return;
    memset(v, 0, sizeof *v);
    uv_pipe_init(desk->pipe.loop, &v->pipe, 0);
    uv_timer_init(desk->pipe.loop, &v->patience);
    v->pipe.data = v->patience.data = v;
    v->desk = desk;
    v->open = 2;
    desk->open++;
    if (uv_accept((uv_stream_t *)&desk->pipe, (uv_stream_t *)&v->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&v->pipe, on_allocate, on_read) < 0)
        dismiss(v);
    else
        uv_timer_start(&v->patience, on_impatient, CTL_PATIENCE_MS, 0);
}

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0)
        let_in(stream->data);
}

/* Whether another sitens waits there for visitors, however many it has. */
static bool is_taken(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool taken = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                             errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return taken;
}

/* Returns a socket, or -errno. */
static int bind_to(const struct sockaddr_un *address)
{
    int fd, error;

    if (is_taken(address))
        return -EBUSY;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    unlink(address->sun_path); /* left by a crash */
    /* Nobody else may get in between bind() and chmod(). */
    if (fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
        bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
        chmod(address->sun_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) == 0)
        return fd;
    error = errno;
    close(fd);
    return -error;
}

static int run_bind(struct lane_job *job)
{
    struct place *place = ((struct place_job *)job)->place;

    place->fd = bind_to(&place->address);
    return 0;
}

/* Once a second, until it succeeds; what another sitens has is not taken when that is restarted. */
static int run_bind_again(struct lane_job *job)
{
    struct place *place = ((struct place_job *)job)->place;

    if (place->fd < 0 && place->fd != -EBUSY)
        place->fd = bind_to(&place->address);
    return place->fd < 0 && place->fd != -EBUSY ? place->fd : 0;
}

static int run_unlink(struct lane_job *job)
{
    const struct place *place = ((struct place_job *)job)->place;

    if (place->fd >= 0) /* else it is not ours */
        unlink(place->address.sun_path);
    return 0;
}

static void put_job(struct place *place, int (*run)(struct lane_job *job))
{
    struct place_job *job = calloc(1, sizeof *job);

    if (!job)
        return;
    job->job.run = run;
    job->place = place;
    lane_put(place->lane, &job->job);
}

static int start_listening(struct desk *desk)
{
    int r = uv_pipe_open(&desk->pipe, desk->place->fd);

    return r < 0 ? r : uv_listen((uv_stream_t *)&desk->pipe, BACKLOG, on_connection);
}

static void on_look(uv_timer_t *timer)
{
    struct desk *desk = timer->data;

    if (desk->place->fd < 0 && desk->place->fd != -EBUSY)
        return;
    uv_timer_stop(timer);
    if (desk->place->fd >= 0 && start_listening(desk) == 0)
        log_notice("%s: sitensctl can reach this sitens now", desk->path);
}

/* Another sitens there goes on: that is for a human to decide. */
static void try_again(struct desk *desk, int error)
{
    if (error == -EBUSY || error == -ENAMETOOLONG || !desk->place || !desk->place->lane)
        return;
    put_job(desk->place, run_bind_again);
    uv_timer_start(&desk->look, on_look, LOOK_MS, LOOK_MS);
}

static int listen_at(struct desk *desk)
{
    struct place *place = desk->place;

    if (strlen(desk->path) >= sizeof place->address.sun_path)
        return -ENAMETOOLONG;
    strcpy(place->address.sun_path, desk->path);
    place->address.sun_family = AF_UNIX;
    place->fd = -ENOMEM;
    put_job(place, run_bind);
    if (!lane_wait(place->lane, BIND_MS))
        return -ETIMEDOUT;
    if (place->fd < 0)
        return place->fd;
    return start_listening(desk);
}

static void explain(const char *path, int error)
{
    if (error == -EBUSY)
        log_warning("%s is that of another sitens, which sitensctl goes on to reach instead of "
                    "this one; both write their files: give one of them another RUNTIME_DIRECTORY "
                    "and STATE_DIRECTORY",
                    path);
    else
        log_warning("%s: %s; sitensctl cannot reach this sitens", path, uv_strerror(error));
}

int desk_open(uv_loop_t *loop, const struct desk_events *events, struct desk **ret)
{
    struct desk *desk = calloc(1, sizeof *desk);
    int r;

    if (!desk)
        return -ENOMEM;
    desk->events = *events;
    snprintf(desk->path, sizeof desk->path, "%s/%s", directories_run_time(), CTL_SOCKET);
    uv_pipe_init(loop, &desk->pipe, 0);
    uv_timer_init(loop, &desk->look);
    desk->pipe.data = desk->look.data = desk;
    desk->open = 2;
    desk->place = calloc(1, sizeof *desk->place);
    if (desk->place)
        desk->place->lane = lane_new(JOBS_MAX, NULL);
    r = desk->place && desk->place->lane ? listen_at(desk) : -ENOMEM;
    if (r < 0) {
        explain(desk->path, r);
        try_again(desk, r);
    }
    *ret = desk;
    return 0;
}

static void on_desk_closed(uv_handle_t *handle)
{
    leave(handle->data);
}

void desk_close(struct desk *desk)
{
    if (!desk)
        return;
    desk->waiting = false;
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (desk->visitors[i].open > 0)
            dismiss(&desk->visitors[i]);
    if (desk->place && desk->place->lane)
        put_job(desk->place, run_unlink);
    if (desk->place && lane_free(desk->place->lane, END_MS))
        free(desk->place);
    uv_close((uv_handle_t *)&desk->look, on_desk_closed);
    uv_close((uv_handle_t *)&desk->pipe, on_desk_closed);
}
