/* SPDX-License-Identifier: ISC */
/*
 * probe_unit: passes while a systemd unit is active, and raises the alarm the moment it is not.
 *
 * It stands alone, or before the check's other probe, which is then asked only while the unit is
 * active. Beside another probe, a system bus that stays away is only mentioned in the reason.
 */
#include <errno.h>
#include <stdlib.h>

#include "bus.h"
#include "probe.h"

struct probe_unit {
    struct probe probe;
    struct bus_unit unit;
    struct probe *inner; /* NULL: only the unit counts */
    bool running, inner_running;
};

static void end(struct probe_unit *u, bool pass)
{
    char text[BUS_TEXT_MAX];

    u->running = false;
    probe_end(&u->probe, pass ? PROBE_PASS : PROBE_FAIL, "%s", bus_unit_text(&u->unit, text));
}

static void proceed(struct probe_unit *u)
{
    enum bus_unit_state state = bus_unit_state(&u->unit);

    if (state == BUS_UNIT_PENDING)
        return;
    if (state == BUS_UNIT_UNKNOWN)
        bus_retry(&u->unit);
    if (state == BUS_UNIT_INACTIVE || !u->inner) {
        end(u, state == BUS_UNIT_ACTIVE);
        return;
    }
    u->inner_running = true;
    u->inner->unmade = false;
    u->inner->class->start(u->inner);
}

static void on_inner_end(void *userdata, enum probe_result result, const char *reason)
{
    struct probe_unit *u = userdata;
    char text[BUS_TEXT_MAX];

    u->running = u->inner_running = false;
    if (bus_unit_state(&u->unit) == BUS_UNIT_UNKNOWN)
        probe_end(&u->probe, result, "%s (%s)", reason, bus_unit_text(&u->unit, text));
    else
        probe_end(&u->probe, result, "%s", reason);
}

static void on_change(void *userdata)
{
    struct probe_unit *u = userdata;
    char text[BUS_TEXT_MAX];

    if (u->running && !u->inner_running)
        proceed(u);
    else if (bus_unit_state(&u->unit) == BUS_UNIT_INACTIVE)
        u->probe.on_alarm(u->probe.userdata, bus_unit_text(&u->unit, text));
}

static void start(struct probe *probe)
{
    struct probe_unit *u = (struct probe_unit *)probe;

    u->running = true;
    proceed(u);
}

static const char *cancel(struct probe *probe)
{
    struct probe_unit *u = (struct probe_unit *)probe;
    const char *what = "systemd to tell the unit's state";

    if (u->inner_running) {
        what = u->inner->class->cancel(u->inner);
        probe->unmade = u->inner->unmade;
    }
    u->running = u->inner_running = false;
    return what;
}

static void destroy(struct probe *probe)
{
    struct probe_unit *u = (struct probe_unit *)probe;

    bus_forget(&u->unit);
    probe_free(u->inner);
    free(u);
}

static const struct probe_class class = {start, cancel, destroy, NULL};

int probe_unit_new(struct watch_env *env, const struct conf_check *check, struct probe *inner,
                   struct probe **ret)
{
    struct probe_unit *u = calloc(1, sizeof *u);

    if (!u)
        return -ENOMEM;
    u->probe.class = &class;
    u->inner = inner;
    if (inner) {
        inner->on_end = on_inner_end;
        inner->userdata = u;
    }
    u->unit = (struct bus_unit){.name = check->unit, .on_change = on_change, .userdata = u};
    bus_follow(env->bus, &u->unit);
    *ret = &u->probe;
    return 0;
}
