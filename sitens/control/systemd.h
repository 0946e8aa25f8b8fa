/* SPDX-License-Identifier: ISC */
/*
 * systemd: what the service manager is told (sd_notify(3)). Without one, every call does nothing.
 *
 * A thread of its own tells it, for sd_notify() waits while the service manager does not read.
 *
 * Threads: the control loop only.
 */
#ifndef SITENS_CONTROL_SYSTEMD_H
#define SITENS_CONTROL_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the kit is built with libsystemd. Else nothing is told, and no unit can be followed. */
bool systemd_is_built_in(void);

/* To be called before all others, and after them; the latter waits half a second at most. */
void systemd_start(void);
void systemd_end(void);

/* Returns false without memory: then it is to be told again. */
bool systemd_ready(void);

void systemd_reloading(void);
void systemd_stopping(void);
void systemd_watchdog(void);

/* The line that `systemctl status` shows. Returns as systemd_ready(). */
bool systemd_status(const char *text);

/* The watchdog's timeout in milliseconds, 0: no watchdog. */
uint64_t systemd_watchdog_ms(void);

#endif
