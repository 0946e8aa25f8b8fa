/* SPDX-License-Identifier: ISC */
#include "bus.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define SYSTEMD    "org.freedesktop.systemd1"
#define MANAGER    SYSTEMD ".Manager"
#define UNIT       SYSTEMD ".Unit"
#define ROOT_PATH  "/org/freedesktop/systemd1"
#define PROPERTIES "org.freedesktop.DBus.Properties"

enum { RETRY_MS = 200 };

struct bus {
    uv_timer_t timer; /* connected: sd-bus's own timeout; else: the next attempt */
    uv_timer_t again; /* every unit is read anew */
    uv_poll_t *poll;
    int fd;     /* that poll watches */
    sd_bus *sd; /* NULL: not connected */
    struct bus_unit *units;
};

static void pump(struct bus *bus);

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void announce(struct bus_unit *unit, enum bus_unit_state state)
{
    if (unit->state == state)
        return;
    unit->state = state;
    unit->on_change(unit->userdata);
}

static void unit_unhook(struct bus_unit *unit)
{
    unit->call = sd_bus_slot_unref(unit->call);
    unit->match = sd_bus_slot_unref(unit->match);
    free(unit->path);
    unit->path = NULL;
}

/* Nothing can be learnt of unit now. What is known already stays so for BUS_GRACE_MS. */
static void fail(struct bus_unit *unit, const char *text)
{
    snprintf(unit->error, sizeof unit->error, "%s", text);
    if (!unit->lost_ms)
        unit->lost_ms = uv_now(unit->bus->timer.loop);
    if (unit->state == BUS_UNIT_PENDING)
        announce(unit, BUS_UNIT_UNKNOWN);
}

static void disconnect(struct bus *bus, int error)
{
    char text[BUS_TEXT_MAX];

    snprintf(text, sizeof text, "system bus: %s", strerror(-error));
    for (struct bus_unit *unit = bus->units; unit; unit = unit->next)
        unit_unhook(unit);
    if (bus->poll)
        uv_close((uv_handle_t *)bus->poll, on_closed);
    bus->poll = NULL;
    bus->sd = sd_bus_close_unref(bus->sd);
    for (struct bus_unit *unit = bus->units; unit; unit = unit->next)
        fail(unit, text);
}

static void copy_property(sd_bus_message *m, char *out, size_t size)
{
    const char *value;

    if (sd_bus_message_read(m, "v", "s", &value) >= 0)
        snprintf(out, size, "%s", value);
}

/* Reads the array of properties that a reply to GetAll and a signal PropertiesChanged both hold. */
static int read_properties(struct bus_unit *unit, sd_bus_message *m)
{
    const char *key;
    int r = sd_bus_message_enter_container(m, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        r = sd_bus_message_read(m, "s", &key);
        if (r < 0)
            break;
        if (!strcmp(key, "ActiveState"))
            copy_property(m, unit->active, sizeof unit->active);
        else if (!strcmp(key, "LoadState"))
            copy_property(m, unit->load, sizeof unit->load);
        else
            sd_bus_message_skip(m, "v");
        r = sd_bus_message_exit_container(m);
    }
    if (r < 0)
        return r;
    unit->lost_ms = 0;
    announce(unit, !strcmp(unit->active, "active") || !strcmp(unit->active, "reloading")
                       ? BUS_UNIT_ACTIVE
                       : BUS_UNIT_INACTIVE);
    return 0;
}

static int on_properties_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    struct bus_unit *unit = userdata;
    const char *interface;

    (void)error;
    if (sd_bus_message_read(m, "s", &interface) >= 0 && !strcmp(interface, UNIT) && *unit->active)
        read_properties(unit, m);
    if (strcmp(unit->load, "loaded") != 0)
        bus_retry(unit); /* it has been installed: LoadState changes without a signal */
    return 0;
}

/* Whether a reply to a question about unit is an error. */
static bool is_error(struct bus_unit *unit, sd_bus_message *m)
{
    const sd_bus_error *error = sd_bus_message_get_error(m);

    if (error)
        fail(unit, error->message ? error->message : error->name);
    return error;
}

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    struct bus_unit *unit = userdata;

    (void)error;
    unit->call = sd_bus_slot_unref(unit->call);
    if (!is_error(unit, m) && read_properties(unit, m) < 0)
        fail(unit, "systemd's answer is not understood");
    return 0;
}

/* Makes match be about the object at path. */
static int follow_path(struct bus_unit *unit, const char *path)
{
    char *copy;

    if (unit->path && !strcmp(unit->path, path))
        return 0;
    copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    sd_bus_slot_unref(unit->match);
    unit->match = NULL;
    free(unit->path);
    unit->path = copy;
    return sd_bus_match_signal_async(unit->bus->sd, &unit->match, SYSTEMD, path, PROPERTIES,
                                     "PropertiesChanged", on_properties_changed, NULL, unit);
}

/* systemd names a unit's object after the unit's main name: an alias only leads there. The signals
 * are subscribed to before the state is read, so that no change is missed in between. */
static int on_loaded(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    struct bus_unit *unit = userdata;
    sd_bus *sd = unit->bus->sd;
    const char *path;
    int r;

    (void)error;
    unit->call = sd_bus_slot_unref(unit->call);
    if (is_error(unit, m))
        return 0;
    r = sd_bus_message_read(m, "o", &path);
    if (r >= 0)
        r = follow_path(unit, path);
    if (r >= 0)
        r = sd_bus_call_method_async(sd, &unit->call, SYSTEMD, path, PROPERTIES, "GetAll",
                                     on_properties, unit, "s", UNIT);
    if (r < 0)
        fail(unit, strerror(-r));
    return 0;
}

static void read_unit(struct bus_unit *unit)
{
    int r;

    unit->call = sd_bus_slot_unref(unit->call); /* its answer may be older */
    r = sd_bus_call_method_async(unit->bus->sd, &unit->call, SYSTEMD, ROOT_PATH, MANAGER,
                                 "LoadUnit", on_loaded, unit, "s", unit->name);
    if (r < 0)
        fail(unit, strerror(-r));
}

static void read_all(struct bus *bus)
{
    for (struct bus_unit *unit = bus->units; unit && bus->sd; unit = unit->next)
        read_unit(unit);
}

/* systemd sends unit signals only to those who have subscribed. A failure shows in LoadUnit too. */
static int subscribe(struct bus *bus)
{
    int r = sd_bus_call_method_async(bus->sd, NULL, SYSTEMD, ROOT_PATH, MANAGER, "Subscribe", NULL,
                                     NULL, "");

    read_all(bus);
    return r;
}

/* UnitFilesChanged, or Reloading: false at the end of a daemon-reload. */
static int on_manager(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    int begins = 0;

    (void)error;
    if (sd_bus_message_is_signal(m, MANAGER, "Reloading"))
        sd_bus_message_read(m, "b", &begins);
    if (!begins)
        read_all(userdata);
    return 0;
}

static void on_again(uv_timer_t *timer)
{
    struct bus *bus = timer->data;

    read_all(bus);
    pump(bus);
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
    const char *name, *old, *new;

    (void)error;
    if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0 && !strcmp(name, SYSTEMD) && *new)
        subscribe(userdata);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    pump(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    pump(poll->data);
}

static int connect_bus(struct bus *bus)
{
    static const char *const signals[] = {"UnitFilesChanged", "Reloading"};
    int r = sd_bus_open_system(&bus->sd);

    if (r < 0)
        return r;
    bus->fd = sd_bus_get_fd(bus->sd);
    if (bus->fd < 0)
        return bus->fd;
    bus->poll = calloc(1, sizeof *bus->poll);
    if (!bus->poll)
        return -ENOMEM;
    r = uv_poll_init(bus->timer.loop, bus->poll, bus->fd);
    if (r < 0) {
        free(bus->poll);
        bus->poll = NULL;
        return r;
    }
    bus->poll->data = bus;
    r = sd_bus_match_signal_async(bus->sd, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", "NameOwnerChanged", on_owner_changed,
                                  NULL, bus);
    for (size_t i = 0; r >= 0 && i < sizeof signals / sizeof *signals; i++)
        r = sd_bus_match_signal_async(bus->sd, NULL, SYSTEMD, ROOT_PATH, MANAGER, signals[i],
                                      on_manager, NULL, bus);
    return r < 0 ? r : subscribe(bus);
}

/* Makes libuv wait for what sd-bus waits for. */
static int arm(struct bus *bus)
{
    int events = sd_bus_get_events(bus->sd);
    uint64_t until_us = UINT64_MAX, now_us = uv_hrtime() / 1000;
    int wanted = 0;

    if (events < 0 || sd_bus_get_fd(bus->sd) != bus->fd)
        return events < 0 ? events : -ENOTCONN;
    wanted |= events & POLLIN ? UV_READABLE : 0;
    wanted |= events & POLLOUT ? UV_WRITABLE : 0;
    sd_bus_get_timeout(bus->sd, &until_us);
    if (until_us == UINT64_MAX)
        uv_timer_stop(&bus->timer);
    else
        uv_timer_start(&bus->timer, on_timer,
                       until_us > now_us ? (until_us - now_us) / 1000 + 1 : 0, 0);
    return uv_poll_start(bus->poll, wanted | UV_DISCONNECT, on_ready);
}

/* Connects if need be and lets sd-bus do all there is to do. */
static void pump(struct bus *bus)
{
    int r = 0;

    if (!bus->sd && !bus->units)
        return;
    if (!bus->sd)
        r = connect_bus(bus);
    while (r >= 0 && (r = sd_bus_process(bus->sd, NULL)) > 0)
        ;
    if (r >= 0)
        r = arm(bus);
    if (r < 0) {
        disconnect(bus, r);
        uv_timer_start(&bus->timer, on_timer, RETRY_MS, 0);
    }
}

int bus_new(uv_loop_t *loop, struct bus **ret)
{
    struct bus *bus = calloc(1, sizeof *bus);

    if (!bus)
        return -ENOMEM;
    uv_timer_init(loop, &bus->timer);
    uv_timer_init(loop, &bus->again);
    bus->timer.data = bus->again.data = bus;
    uv_timer_start(&bus->again, on_again, BUS_AGAIN_MS, BUS_AGAIN_MS);
    *ret = bus;
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void bus_free(struct bus *bus)
{
    disconnect(bus, -ECANCELED);
    uv_close((uv_handle_t *)&bus->again, NULL);
    uv_close((uv_handle_t *)&bus->timer, on_timer_closed);
}

/* The work begins on the loop's next turn, so that on_change is never called from in here. */
void bus_follow(struct bus *bus, struct bus_unit *unit)
{
    unit->bus = bus;
    unit->next = bus->units;
    bus->units = unit;
    bus_retry(unit);
}

void bus_retry(struct bus_unit *unit)
{
    if (unit->bus->sd && !unit->call)
        read_unit(unit);
    uv_timer_start(&unit->bus->timer, on_timer, 0, 0);
}

void bus_forget(struct bus_unit *unit)
{
    struct bus_unit **link = &unit->bus->units;

    unit_unhook(unit);
    while (*link != unit)
        link = &(*link)->next;
    *link = unit->next;
}

enum bus_unit_state bus_unit_state(const struct bus_unit *unit)
{
    if (unit->lost_ms && uv_now(unit->bus->timer.loop) - unit->lost_ms > BUS_GRACE_MS)
        return BUS_UNIT_UNKNOWN;
    return unit->state;
}

const char *bus_unit_text(const struct bus_unit *unit, char *out)
{
    if (bus_unit_state(unit) == BUS_UNIT_UNKNOWN)
        snprintf(out, BUS_TEXT_MAX, "unit %s cannot be followed: %.100s", unit->name, unit->error);
    else if (bus_unit_state(unit) == BUS_UNIT_ACTIVE)
        snprintf(out, BUS_TEXT_MAX, "unit %s is %s", unit->name, unit->active);
    else if (!strcmp(unit->load, "not-found"))
        snprintf(out, BUS_TEXT_MAX, "unit %s is not installed", unit->name);
    else if (!strcmp(unit->load, "masked"))
        snprintf(out, BUS_TEXT_MAX, "unit %s is masked", unit->name);
    else if (strcmp(unit->load, "loaded") != 0)
        snprintf(out, BUS_TEXT_MAX, "unit %s is %s: systemd cannot load it (%s)", unit->name,
                 unit->active, unit->load);
    else
        snprintf(out, BUS_TEXT_MAX, "unit %s is %s", unit->name, unit->active);
    return out;
}
