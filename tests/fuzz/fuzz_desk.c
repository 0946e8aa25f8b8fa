/* SPDX-License-Identifier: ISC */
/*
 * What a user of the control socket writes, at the daemon: a line of the right length is one
 * question, which is answered; anything else is not.
 *
 * The first octet of the input says how many octets are written at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/ctl.h"
#include "control/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/fuzz-desk-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static uv_loop_t loop;
static struct desk *desk;
static char question[CTL_LINE_MAX];
static unsigned n_questions;

static char *on_question(void *userdata, const char *line, long uid)
{
    (void)userdata;
    if (strlen(line) + 1 >= CTL_LINE_MAX || strchr(line, '\n') || uid != (long)getuid())
        abort();
    strcpy(question, line);
    n_questions++;
    return strdup("ok");
}

static void clean_up(void)
{
    unlink(address.sun_path);
    rmdir(directory);
}

static void set_up(void)
{
    static const struct desk_events events = {.on_question = on_question};

    if (!mkdtemp(directory) || setenv("RUNTIME_DIRECTORY", directory, 1) < 0 ||
        uv_loop_init(&loop) < 0 || desk_open(&loop, &events, &desk) < 0)
        abort();
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", directory, CTL_SOCKET);
    atexit(clean_up);
}

static void turn(void)
{
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

static size_t visit(const uint8_t *data, size_t size, size_t step, char *answer, size_t room)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t n;

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        abort();
    while (size > 0) {
        size_t part = step < size ? step : size;

        if (send(fd, data, part, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
        data += part;
        size -= part;
        turn();
    }
    shutdown(fd, SHUT_WR);
    turn();
    n = recv(fd, answer, room, MSG_DONTWAIT);
    close(fd);
    turn();
    return n > 0 ? (size_t)n : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline;
    char answer[8];
    size_t n;

    if (size < 2)
        return 0;
    if (!desk)
        set_up();
    n_questions = 0;
    n = visit(data + 1, size - 1, data[0] + 1U, answer, sizeof answer);
    newline = memchr(data + 1, '\n', size - 1);
    if (n_questions > 1 || (n > 0) > n_questions || (n > 0 && memcmp(answer, "ok", n)) ||
        (n_questions && (!newline || strncmp(question, (const char *)data + 1, strlen(question)))))
        abort();
    return 0;
}
