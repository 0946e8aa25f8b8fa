/* SPDX-License-Identifier: ISC */
/*
 * Stands in for the three files that call libsystemd where the kit is built without it: the log
 * goes to stderr, nobody is told that the service is ready, no unit can be followed.
 */
#include <string.h>

#include "control/systemd.h"
#include "health/bus.h"
#include "journal.h"

bool journal_is_stderr(void)
{
    return false;
}

bool journal_send(const struct iovec *fields, size_t n)
{
    (void)fields;
    (void)n;
    return false;
}

bool systemd_is_built_in(void)
{
    return false;
}

void systemd_start(void)
{
}

void systemd_end(void)
{
}

bool systemd_ready(void)
{
    return true;
}

void systemd_reloading(void)
{
}

void systemd_stopping(void)
{
}

void systemd_watchdog(void)
{
}

bool systemd_status(const char *text)
{
    (void)text;
    return true;
}

uint64_t systemd_watchdog_ms(void)
{
    return 0;
}

int bus_new(uv_loop_t *loop, struct bus **ret)
{
    (void)loop;
    *ret = NULL;
    return 0;
}

void bus_free(struct bus *bus)
{
    (void)bus;
}

/* No site file with a unit gets past generation_load(): the rest is there for the linker. */

void bus_follow(struct bus *bus, struct bus_unit *unit)
{
    (void)bus;
    (void)unit;
}

void bus_forget(struct bus_unit *unit)
{
    (void)unit;
}

void bus_retry(struct bus_unit *unit)
{
    (void)unit;
}

enum bus_unit_state bus_unit_state(const struct bus_unit *unit)
{
    (void)unit;
    return BUS_UNIT_UNKNOWN;
}

const char *bus_unit_text(const struct bus_unit *unit, char *out)
{
    (void)unit;
    return strcpy(out, "this build has no systemd");
}
