/* SPDX-License-Identifier: ISC */
/*
 * bus: follows units of systemd over the system bus, on a libuv loop, without ever blocking.
 *
 * systemd sends a signal the moment a unit begins to stop, before it tells the unit's processes:
 * so the site is silent before its web server refuses the first connection. The connection is made
 * when the first unit is followed, and again whenever it breaks (dbus restarts) or systemd comes
 * back under its name (daemon-reexec); then every unit is read anew. Meanwhile a unit keeps its
 * last known state for BUS_GRACE_MS: a restart of the bus is no fault of the web server.
 *
 * What a name stands for may change: aliases are moved, units are installed and masked. So it is
 * looked up again whenever systemd tells of that, and every BUS_AGAIN_MS, since signals get lost.
 *
 * Threads: everything here runs on the loop.
 */
#ifndef SITENS_HEALTH_BUS_H
#define SITENS_HEALTH_BUS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum {
    BUS_GRACE_MS = 30 * 1000, /* long enough for a restart, or an upgrade, of dbus */
    BUS_AGAIN_MS = 30 * 1000,
    BUS_TEXT_MAX = 200, /* octets, the final NUL included */
};

struct bus;
struct sd_bus_slot;

enum bus_unit_state {
    BUS_UNIT_PENDING,  /* not read yet */
    BUS_UNIT_ACTIVE,   /* active or reloading */
    BUS_UNIT_INACTIVE, /* anything else, deactivating and not installed among it */
    BUS_UNIT_UNKNOWN,  /* systemd cannot be asked */
};

/* A unit that is followed. Zeroed but for name, on_change and userdata before bus_follow(); the
 * other members are bus's own. */
struct bus_unit {
    const char *name;
    void (*on_change)(void *userdata); /* the state may be another */
    void *userdata;

    struct bus *bus;
    struct bus_unit *next;
    enum bus_unit_state state;
    struct sd_bus_slot *call, *match;
    char *path;                /* of the object that match is about: that of the unit's main name */
    char active[32], load[32]; /* ActiveState and LoadState, as systemd names them */
    uint64_t lost_ms;          /* since when it cannot be read; 0: it can */
    char error[BUS_TEXT_MAX];  /* why not */
};

/* Returns 0 or -errno. */
int bus_new(uv_loop_t *loop, struct bus **ret);

/* No unit may be followed any more. */
void bus_free(struct bus *bus);

/* Begins to follow unit, which must stay where it is until bus_forget(). */
void bus_follow(struct bus *bus, struct bus_unit *unit);
void bus_forget(struct bus_unit *unit);

/* Reads a unit's state again, of which nothing is known. */
void bus_retry(struct bus_unit *unit);

/* The state at this time. */
enum bus_unit_state bus_unit_state(const struct bus_unit *unit);

/* The state in words, written to out, BUS_TEXT_MAX octets: "unit nginx.service is deactivating".
 * Returns out. */
const char *bus_unit_text(const struct bus_unit *unit, char *out);

#endif
