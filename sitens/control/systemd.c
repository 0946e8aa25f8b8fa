/* SPDX-License-Identifier: ISC */
#include "systemd.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void systemd_ready(void)
{
    sd_notify(0, "READY=1");
}

void systemd_reloading(void)
{
    struct timespec now;

    /* MONOTONIC_USEC is what Type=notify-reload wants to see; harmless with Type=notify. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void systemd_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void systemd_watchdog(void)
{
    if (systemd_watchdog_ms())
        sd_notify(0, "WATCHDOG=1");
}

void systemd_status(const char *text)
{
    sd_notifyf(0, "STATUS=%s", text);
}

uint64_t systemd_watchdog_ms(void)
{
    uint64_t usec = 0;

    return sd_watchdog_enabled(0, &usec) > 0 ? usec / 1000 : 0;
}
