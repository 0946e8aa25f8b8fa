/* SPDX-License-Identifier: ISC */
#include "systemd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "lane.h"

enum { WAITING_MAX = 16, END_MS = 500 };

struct notice {
    struct lane_job job;
    bool lasts; /* it is as true later, when it can be told */
    char text[];
};

static struct lane *lane;

bool systemd_is_built_in(void)
{
    return true;
}

void systemd_start(void)
{
    if (getenv("NOTIFY_SOCKET"))
        lane = lane_new(WAITING_MAX, NULL);
}

void systemd_end(void)
{
    if (lane_free(lane, END_MS))
        lane = NULL;
}

/* A descriptor, which the host may be short of, is needed for it. */
static int send_notice(struct lane_job *job)
{
    const struct notice *notice = (const struct notice *)job;
    int r = sd_notify(0, notice->text);

    return notice->lasts && r < 0 ? r : 0;
}

/* kind: of several that wait, only the last is of interest. Where reloads follow each other,
 * READY=1 of the last stays behind its RELOADING=1. */
static bool notify(const char *kind, bool lasts, const char *text)
{
    size_t size = strlen(text) + 1;
    struct notice *notice;

    if (!lane)
        return true;
    notice = malloc(sizeof *notice + size);
    if (!notice)
        return false;
    notice->job = (struct lane_job){.key = kind, .run = send_notice};
    notice->lasts = lasts;
    memcpy(notice->text, text, size);
    return lane_put(lane, &notice->job);
}

bool systemd_ready(void)
{
    return notify("ready", true, "READY=1");
}

void systemd_reloading(void)
{
    struct timespec now;
    char text[64];

    /* MONOTONIC_USEC is what Type=notify-reload wants to see; harmless with Type=notify. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    notify("reloading", false, text);
}

void systemd_stopping(void)
{
    notify("stopping", false, "STOPPING=1");
}

void systemd_watchdog(void)
{
    if (systemd_watchdog_ms())
        notify("watchdog", false, "WATCHDOG=1");
}

bool systemd_status(const char *status)
{
    char text[2048];

    snprintf(text, sizeof text, "STATUS=%s", status);
    return notify("status", true, text);
}

uint64_t systemd_watchdog_ms(void)
{
    uint64_t usec = 0;

    return sd_watchdog_enabled(0, &usec) > 0 ? usec / 1000 : 0;
}
