/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/value.h"
#include "log.h"

enum {
    GAP_MIN_MS = 20,     /* between two rounds, so that what was cancelled can end */
    LAST_CALL_MS = 1,    /* see on_deadline() */
    LATE_MAX_MS = 2000,  /* a timer later than this: the loop is stuck */
    JITTER_PERCENT = 10, /* of the interval */
    WARNINGS_MAX = 10,   /* of checks that could not be made, in WARNINGS_MS */
    WARNINGS_MS = 10000, /* further ones say no more: a shortage hits hundreds of checks at once */
    UNMADE_MS = 10000,   /* what a host may be short of lasts no longer: processes start, memory is
                            reclaimed */
};

struct check {
    uv_timer_t timer;  /* idle: the next round; running: its deadline */
    struct conf *conf; /* a reference for probe, or NULL */
    const struct conf_check *pace;
    struct probe *probe;
    struct rise_fall rise_fall;
    bool running, last_call, passed;
    uint32_t timeout_ms; /* of the running round */
    uint64_t due_ms;     /* when timer fires */
    uint64_t started_ms; /* of the running or last round; 0: there was none */
    uint64_t started_ns;
    uint64_t unmade_since_ms; /* the first in a row that could not be made; 0: the last one was */
    double duration_s;
    char reason[PROBE_REASON_MAX];
    check_result_fn on_result;
    void *userdata;
};

uint32_t check_delay_ms(const struct conf_check *pace, bool in_doubt, uint32_t random)
{
    uint32_t delay = in_doubt ? pace->fast_interval_ms : pace->interval_ms;

    return delay - random % (delay * JITTER_PERCENT / 100 + 1);
}

uint64_t check_unmade_max_ms(const struct conf_check *pace)
{
    return UNMADE_MS + (uint64_t)pace->fall * (pace->fast_interval_ms + pace->timeout_ms);
}

static void set_timer(struct check *check, uint64_t delay_ms, uv_timer_cb on_timer)
{
    check->due_ms = uv_now(check->timer.loop) + delay_ms;
    uv_timer_start(&check->timer, on_timer, delay_ms, 0);
}

static void on_deadline(uv_timer_t *timer);
static void on_due(uv_timer_t *timer);

static void schedule(struct check *check)
{
    bool in_doubt = check->unmade_since_ms || rise_fall_in_doubt(&check->rise_fall);
    uint64_t next = check->started_ms + check_delay_ms(check->pace, in_doubt, randombytes_random());
    uint64_t soonest = uv_now(check->timer.loop) + GAP_MIN_MS;

    set_timer(check, (next > soonest ? next : soonest) - uv_now(check->timer.loop), on_due);
}

/* Goes on after a round whose meaning for the health is settled. */
static void go_on(struct check *check)
{
    check->running = false;
    schedule(check);
    check->on_result(check->userdata);
}

/* Takes one result into account, whose judgement is done, and goes on. */
static void conclude(struct check *check, bool pass, const char *reason)
{
    log_debug("check %s: %s", pass ? "passed" : "failed", reason);
    check->passed = pass;
    /* A result that does not yet count must not explain the health of the ones that did. */
    if ((check->rise_fall.health == HEALTH_UP) == pass)
        snprintf(check->reason, sizeof check->reason, "%s", reason);
    go_on(check);
}

/* Whether the log takes one more warning of its kind. */
static bool may_warn(uint64_t now_ms)
{
    static uint64_t since_ms;
    static unsigned n;

    if (n == 0 || now_ms - since_ms >= WARNINGS_MS) {
        since_ms = now_ms;
        n = 0;
    }
    return n++ < WARNINGS_MAX;
}

static void on_unmade(struct check *check, const char *reason)
{
    char text[2 * PROBE_REASON_MAX];
    uint64_t now_ms = uv_now(check->timer.loop), lasts_ms;
    bool warn = !check->unmade_since_ms && may_warn(now_ms);

    log_write(warn ? LOG_WARN : LOG_TRACE, NULL, "a check could not be made, and is repeated: %s",
              reason);
    if (!check->unmade_since_ms)
        check->unmade_since_ms = check->started_ms;
    lasts_ms = now_ms - check->unmade_since_ms;
    if (lasts_ms > check_unmade_max_ms(check->pace)) {
        check->rise_fall = (struct rise_fall){.health = HEALTH_DOWN};
        check->passed = false;
        snprintf(text, sizeof text, "could not be made for %u s: %s", (unsigned)(lasts_ms / 1000),
                 reason);
        value_utf8(text, check->reason, sizeof check->reason);
    }
    go_on(check);
}

static void on_end(void *userdata, enum probe_result result, const char *reason)
{
    struct check *check = userdata;
    bool pass = result == PROBE_PASS;

    if (result == PROBE_UNMADE) {
        on_unmade(check, reason);
        return;
    }
    check->unmade_since_ms = 0;
    check->duration_s = (double)(uv_hrtime() - check->started_ns) / 1e9;
    rise_fall_result(&check->rise_fall, check->pace->rise, check->pace->fall, pass);
    conclude(check, pass, reason);
}

static void on_alarm(void *userdata, const char *reason)
{
    struct check *check = userdata;

    if (check->running)
        check->probe->class->cancel(check->probe);
    rise_fall_alarm(&check->rise_fall);
    conclude(check, false, reason);
}

/* When the loop itself was late, an answer may wait in a socket: libuv runs timers before it looks
 * at sockets. So it gets one more turn before the deadline strikes. */
static void on_deadline(uv_timer_t *timer)
{
    struct check *check = timer->data;
    char text[2 * PROBE_REASON_MAX], reason[PROBE_REASON_MAX];
    const char *what;

    if (!check->last_call) {
        check->last_call = true;
        set_timer(check, LAST_CALL_MS, on_deadline);
        return;
    }
    what = check->probe->class->cancel(check->probe);
    snprintf(text, sizeof text, "timeout: waited %u ms for %s", check->timeout_ms, what);
    value_utf8(text, reason, sizeof reason);
    on_end(check, check->probe->unmade ? PROBE_UNMADE : PROBE_FAIL, reason);
}

static void on_due(uv_timer_t *timer)
{
    struct check *check = timer->data;

    check->running = true;
    check->last_call = false;
    check->started_ms = uv_now(timer->loop);
    check->started_ns = uv_hrtime();
    check->timeout_ms = check->probe->class->timeout_ms
                            ? check->probe->class->timeout_ms(check->probe)
                            : check->pace->timeout_ms;
    set_timer(check, check->timeout_ms, on_deadline);
    check->probe->unmade = false;
    check->probe->class->start(check->probe);
}

int check_new(uv_loop_t *loop, const struct conf *conf, const struct conf_check *pace,
              struct probe *probe, check_result_fn on_result, void *userdata, struct check **ret)
{
    struct check *check = calloc(1, sizeof *check);

    if (!check) {
        probe_free(probe);
        return -ENOMEM;
    }
    check->pace = pace;
    check->probe = probe;
    check->on_result = on_result;
    check->userdata = userdata;
    probe->on_end = on_end;
    probe->on_alarm = on_alarm;
    probe->userdata = check;
    check->conf = conf ? conf_ref(conf) : NULL;
    uv_timer_init(loop, &check->timer);
    check->timer.data = check;
    set_timer(check, 0, on_due);
    *ret = check;
    return 0;
}

void check_adopt(struct check *check, const struct conf_check *pace, check_result_fn on_result,
                 void *userdata)
{
    bool other_pace = check->pace->interval_ms != pace->interval_ms ||
                      check->pace->fast_interval_ms != pace->fast_interval_ms;

    check->pace = pace;
    check->on_result = on_result;
    check->userdata = userdata;
    /* Not else: frequent reloads would put the next round off again and again. */
    if (other_pace && !check->running && check->started_ms)
        schedule(check);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void check_free(struct check *check)
{
    if (!check)
        return;
    if (check->running)
        check->probe->class->cancel(check->probe);
    probe_free(check->probe);
    conf_free(check->conf);
    uv_close((uv_handle_t *)&check->timer, on_closed);
}

const struct rise_fall *check_rise_fall(const struct check *check)
{
    return &check->rise_fall;
}

const char *check_reason(const struct check *check)
{
    return check->reason;
}

bool check_passed(const struct check *check)
{
    return check->passed;
}

double check_duration(const struct check *check)
{
    return check->duration_s;
}

bool check_on_time(const struct check *check, uint64_t now_ms)
{
    return now_ms <= check->due_ms + LATE_MAX_MS;
}
