/* SPDX-License-Identifier: ISC */
#include "health/multi.h"

#include <errno.h>
#include <stdlib.h>

struct multi {
    uv_timer_t timer; /* when libcurl wants to be called without an event */
    CURLM *curl;
};

/* A socket that libcurl waits for. */
struct watcher {
    uv_poll_t poll;
    struct multi *multi;
    curl_socket_t fd;
};

static void report_ended(struct multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->curl, &left))) {
        CURLcode result = message->data.result;
        CURL *easy = message->easy_handle;
        struct multi_transfer *transfer = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        curl_multi_remove_handle(multi->curl, easy); /* frees message */
        transfer->on_end(transfer->userdata, result);
    }
}

static void act(struct multi *multi, curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(multi->curl, fd, events, &running);
    report_ended(multi);
}

static void on_readiness(uv_poll_t *poll, int status, int events)
{
    struct watcher *watcher = poll->data;
    int action = 0; /* libcurl then finds out itself, and names the error, unlike libuv */

    (void)status;
    action |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    action |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    act(watcher->multi, watcher->fd, action);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct watcher *watcher_new(struct multi *multi, curl_socket_t fd)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);

    if (!watcher || uv_poll_init(multi->timer.loop, &watcher->poll, fd) < 0) {
        free(watcher);
        return NULL;
    }
    watcher->poll.data = watcher;
    watcher->multi = multi;
    watcher->fd = fd;
    curl_multi_assign(multi->curl, fd, watcher);
    return watcher;
}

static int on_interest(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
    struct watcher *watcher = socket_data;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watcher)
            uv_close((uv_handle_t *)&watcher->poll, on_closed);
        return 0;
    }
    if (!watcher && !(watcher = watcher_new(userdata, fd)))
        return -1;
    events |= what & CURL_POLL_IN ? UV_READABLE : 0;
    events |= what & CURL_POLL_OUT ? UV_WRITABLE : 0;
    return uv_poll_start(&watcher->poll, events, on_readiness) < 0 ? -1 : 0;
}

static int on_timeout_wish(CURLM *curl, long timeout_ms, void *userdata)
{
    struct multi *multi = userdata;

    (void)curl;
    if (timeout_ms < 0)
        return uv_timer_stop(&multi->timer);
    return uv_timer_start(&multi->timer, on_timer, (uint64_t)timeout_ms, 0);
}

int multi_new(uv_loop_t *loop, struct multi **ret)
{
    struct multi *multi = calloc(1, sizeof *multi);

    if (!multi || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        goto fail;
    multi->curl = curl_multi_init();
    if (!multi->curl) {
        curl_global_cleanup();
        goto fail;
    }
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_interest);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    uv_timer_init(loop, &multi->timer);
    multi->timer.data = multi;
    *ret = multi;
    return 0;
fail:
    free(multi);
    return -ENOMEM;
}

void multi_free(struct multi *multi)
{
    curl_multi_cleanup(multi->curl);
    curl_global_cleanup();
    uv_close((uv_handle_t *)&multi->timer, on_closed);
}

int multi_add(struct multi *multi, struct multi_transfer *transfer)
{
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    return curl_multi_add_handle(multi->curl, transfer->easy) == CURLM_OK ? 0 : -ENOMEM;
}

void multi_remove(struct multi *multi, struct multi_transfer *transfer)
{
    curl_multi_remove_handle(multi->curl, transfer->easy);
}
