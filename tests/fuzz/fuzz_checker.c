/* SPDX-License-Identifier: ISC */
/*
 * What sitens-http says, at the daemon: in whatever order and however broken its messages come,
 * each request has one end at most, with a text.
 *
 * The input is a row of steps: an octet says which, and what follows is taken by it.
 */
#include <stdlib.h>
#include <string.h>

#include "health/checker.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_helper_start(struct helpers *helpers, char **argv, const struct helper_events *events,
                        void *userdata, struct helper **ret);
int __wrap_helper_send(struct helper *helper, const void *data, size_t n);
void __wrap_helper_stop(struct helper *helper);
void __wrap_helper_forget(struct helper *helper, bool kill_it);
const char *__wrap_helper_last_line(struct helper *helper);

enum { REQUESTS = 4 };

static struct scene {
    const uint8_t *at, *end;
    const struct helper_events *events; /* NULL: no process runs */
    void *userdata;
    int starting, sending; /* what the next ones return */
    struct checker *checker;
    struct checker_request requests[REQUESTS];
    bool open[REQUESTS];
    struct conf_check check;
} scene;

int __wrap_helper_start(struct helpers *helpers, char **argv, const struct helper_events *events,
                        void *userdata, struct helper **ret)
{
    (void)helpers, (void)argv;
    if (scene.starting < 0)
        return scene.starting;
    scene.events = events;
    scene.userdata = userdata;
    *ret = (struct helper *)&scene;
    return 0;
}

int __wrap_helper_send(struct helper *helper, const void *data, size_t n)
{
    (void)helper, (void)data, (void)n;
    return scene.sending;
}

void __wrap_helper_stop(struct helper *helper)
{
    (void)helper;
}

void __wrap_helper_forget(struct helper *helper, bool kill_it)
{
    (void)helper, (void)kill_it;
    scene.events = NULL;
}

const char *__wrap_helper_last_line(struct helper *helper)
{
    (void)helper;
    return "";
}

static void on_end(void *userdata, enum probe_result result, const char *reason)
{
    bool *open = userdata;

    if (!*open || !reason || strlen(reason) >= HELPER_TEXT_MAX ||
        (result != PROBE_PASS && result != PROBE_FAIL && result != PROBE_UNMADE))
        abort();
    *open = false;
}

static unsigned take(void)
{
    return scene.at < scene.end ? *scene.at++ : 0;
}

static void ask(unsigned i)
{
    struct checker_request *request = &scene.requests[i];

    if (scene.open[i])
        return;
    *request = (struct checker_request){
        .check = &scene.check, .on_end = on_end, .userdata = &scene.open[i]};
    scene.open[i] = true;
    checker_ask(scene.checker, request);
}

static void cancel(unsigned i)
{
    bool unmade;

    if (!scene.open[i])
        return;
    scene.open[i] = false;
    if (!checker_cancel(scene.checker, &scene.requests[i], &unmade))
        abort();
}

/* A message: of the right length mostly, since nothing else gets in. */
static void say(void)
{
    struct http_reply reply = {.kind = take() % 8, .number = take()};
    size_t n = take(), rest = (size_t)(scene.end - scene.at);

    n = n < rest ? n : rest;
    n = n < sizeof reply.text ? n : sizeof reply.text;
    memcpy(reply.text, scene.at, n);
    scene.at += n;
    if (scene.events)
        scene.events->on_message(scene.userdata, &reply, n == 13 ? n : sizeof reply);
}

static void die(void)
{
    const struct helper_events *events = scene.events;

    scene.events = NULL;
    if (events)
        events->on_end(scene.userdata, "killed");
}

static void step(uv_loop_t *loop)
{
    switch (take() % 8) {
    case 0:
        ask(take() % REQUESTS);
        break;
    case 1:
        cancel(take() % REQUESTS);
        break;
    case 2:
    case 3:
        say();
        break;
    case 4:
        die();
        break;
    case 5:
        scene.starting = take() % 2 ? UV_EAGAIN : 0;
        scene.sending = take() % 2 ? UV_EAGAIN : 0;
        break;
    case 6:
        if (scene.events && scene.events->on_room)
            scene.events->on_room(scene.userdata);
        break;
    default:
        uv_run(loop, UV_RUN_NOWAIT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uv_loop_t loop;

    memset(&scene, 0, sizeof scene);
    scene.at = data;
    scene.end = data + size;
    scene.check.host = "get.example.org";
    scene.check.url.path = "/";
    scene.check.timeout_ms = 1000;
    if (uv_loop_init(&loop) < 0 || checker_new(&loop, NULL, &scene.checker) < 0 ||
        checker_use(scene.checker, NULL) < 0)
        abort();
    uv_run(&loop, UV_RUN_NOWAIT);
    while (scene.at < scene.end)
        step(&loop);
    for (unsigned i = 0; i < REQUESTS; i++)
        cancel(i);
    checker_leave(scene.checker);
    checker_free(scene.checker);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return 0;
}
