/* SPDX-License-Identifier: ISC */
/*
 * probe: one way to ask whether the local web server (or another site) works.
 *
 * A probe is started by its check, ends once with pass or fail and a reason, and can then be
 * started again. It never blocks and keeps no time: the deadline is the check's, which cancels
 * whatever has not ended by then. A new kind of probe is one file, one constructor below and one
 * line in probe_new().
 *
 * Threads: everything here runs on the control loop.
 */
#ifndef SITENS_HEALTH_PROBE_H
#define SITENS_HEALTH_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "conf/conf.h"
#include "watch_env.h"

struct probe;

enum { PROBE_REASON_MAX = 256 }; /* octets of a reason, the final NUL included */

/* What a probe found. That it could not ask says nothing of the web server: this host lacks
 * something at the moment, such as memory, or the time to start a process. */
enum probe_result { PROBE_FAIL, PROBE_PASS, PROBE_UNMADE };

/* Called at the end of a started probe, perhaps from inside start. reason is one printable line,
 * valid only during the call. The probe must not be freed from inside it. */
typedef void (*probe_end_fn)(void *userdata, enum probe_result result, const char *reason);

/* Called at any time when the probe learns of a failure without having been asked; if it runs, it
 * goes on running. The same rules for reason and freeing. */
typedef void (*probe_alarm_fn)(void *userdata, const char *reason);

struct probe_class {
    /* Begins to ask. Not called while the probe runs. */
    void (*start)(struct probe *probe);
    /* Gives up a running probe: no end follows. Returns what it was waiting for, such as "the
     * response", and sets unmade if it has not asked yet. */
    const char *(*cancel)(struct probe *probe);
    /* Releases a probe that does not run; memory that the loop still uses is freed by the loop. */
    void (*free)(struct probe *probe);
    /* How long the round that begins may last. NULL: as the check's timeout says. */
    uint32_t (*timeout_ms)(struct probe *probe);
};

/* The first member of every kind of probe. */
struct probe {
    const struct probe_class *class;
    bool unmade; /* as cancel() found it; false before each start */
    probe_end_fn on_end;
    probe_alarm_fn on_alarm;
    void *userdata;
};

/* Makes the probe that check asks for; check outlives it. The caller sets the callbacks.
 * Returns 0 or -errno. */
int probe_new(struct watch_env *env, const struct conf_check *check, struct probe **ret);

/* Frees probe, which must not run. NULL is allowed. */
void probe_free(struct probe *probe);

/* For the probes themselves: ends a probe, the reason's control characters replaced. */
void probe_end(struct probe *probe, enum probe_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether error, a -errno, means that this host could not even ask: PROBE_UNMADE. */
bool probe_is_shortage(int error);

int probe_http_new(struct watch_env *env, const struct conf_check *check, struct probe **ret);
int probe_tcp_new(struct watch_env *env, const struct conf_check *check, struct probe **ret);
int probe_exec_new(struct watch_env *env, const struct conf_check *check, struct probe **ret);
int probe_file_new(struct watch_env *env, const struct conf_check *check, struct probe **ret);

/* Whether a file system still holds a thread of a file check: exit() must not be called then. */
bool probe_file_is_held(void);

/* Asks another site of conf, both of which outlive the probe, at its addresses of that family
 * (AF_INET, AF_INET6). fall: how many probes in a row may fail. */
int probe_peer_new(struct watch_env *env, const struct conf *conf, const struct conf_site *site,
                   int family, uint32_t fall, struct probe **ret);

/* inner is the check's other probe, or NULL; it is owned from now on, unless this fails. */
int probe_unit_new(struct watch_env *env, const struct conf_check *check, struct probe *inner,
                   struct probe **ret);

#endif
