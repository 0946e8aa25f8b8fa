/* SPDX-License-Identifier: ISC */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/value.h"
#include "journal.h"
#include "lane.h"

enum {
    FIELDS_MAX = 8,
    TEXT_MAX = 2048,
    WAITING_MAX = 4096, /* messages that nobody reads: a few hundred KiB */
    END_MS = 500,
};

/* A message on its way. For stderr it has one field, the line. */
struct entry {
    struct lane_job job;
    uint64_t dropped; /* before it, since the one that was queued last */
    size_t n;
    struct iovec fields[FIELDS_MAX];
    char text[];
};

static bool to_journal, show_trace;
static _Atomic bool never_wait;
static struct lane *lane;       /* NULL: messages are written at once */
static _Atomic uint64_t missed; /* for want of room, since the message that was queued last */
static _Atomic uint64_t dropped;
static uint64_t untold; /* of the dropped ones, those that the log does not tell of yet */
static bool torn;       /* stderr ends with half a line */

void log_init(bool verbose)
{
    to_journal = journal_is_stderr();
    show_trace = verbose;
}

/* Waits for a reader even where whoever started us made stderr non-blocking: that is a property of
 * what is open, which others share, so it is not ours to change. */
static ssize_t write_some(const char *text, size_t length)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    ssize_t n;

    while ((n = write(STDERR_FILENO, text, length)) < 0 && (errno == EAGAIN || errno == EINTR))
        poll(&out, 1, -1);
    return n;
}

static bool write_all(const char *text, size_t length)
{
    size_t done = 0;
    ssize_t n = 0;

    while (done < length && (n = write_some(text + done, length - done)) > 0)
        done += (size_t)n;
    torn = done > 0 ? text[done - 1] != '\n' : torn;
    return done == length;
}

static bool write_fields(const struct iovec *fields, size_t n)
{
    if (to_journal)
        return journal_send(fields, n);
    return (!torn || write_all("\n", 1)) && write_all(fields[0].iov_base, fields[0].iov_len);
}

static void set_field(struct iovec *field, char *text)
{
    *field = (struct iovec){text, strlen(text)};
}

/* What was dropped is told before the next message that can be written. */
static bool tell_dropped(void)
{
    char text[128];
    struct iovec fields[3];

    if (untold == 0)
        return true;
    snprintf(text, sizeof text, "%s%llu message%s dropped: the log could not be written%s",
             to_journal ? "MESSAGE=" : "WARNING: ", (unsigned long long)untold,
             untold == 1 ? " was" : "s were", to_journal ? "" : "\n");
    set_field(&fields[0], text);
    set_field(&fields[1], (char[]){"PRIORITY=4"});
    set_field(&fields[2], (char[]){"SYSLOG_IDENTIFIER=sitens"});
    if (!write_fields(fields, 3))
        return false;
    untold = 0;
    return true;
}

static void on_idle(void)
{
    untold += atomic_exchange(&missed, 0);
    tell_dropped();
}

static int run_entry(struct lane_job *job)
{
    const struct entry *e = (const struct entry *)job;

    untold += e->dropped;
    if (tell_dropped() && write_fields(e->fields, e->n))
        return 0;
    untold++;
    atomic_fetch_add(&dropped, 1);
    return 0;
}

struct text {
    const char *name, *value; /* a field; one whose value is NULL is left out */
};

static struct entry *entry_new(const struct text *texts, size_t n)
{
    size_t size = sizeof(struct entry);
    struct entry *e;
    char *at;

    for (size_t i = 0; i < n; i++)
        size += texts[i].value ? strlen(texts[i].name) + strlen(texts[i].value) + 2 : 0;
    e = calloc(1, size);
    if (!e)
        return NULL;
    e->job.run = run_entry;
    at = e->text;
    for (size_t i = 0; i < n; i++) {
        if (!texts[i].value)
            continue;
        e->fields[e->n].iov_base = at;
        at = stpcpy(stpcpy(at, texts[i].name), texts[i].value);
        e->fields[e->n].iov_len = (size_t)(at++ - (char *)e->fields[e->n].iov_base);
        e->n++;
    }
    return e;
}

static struct entry *journal_entry(enum log_level level, const struct log_subject *s,
                                   const char *message)
{
    static const struct log_subject none;
    const char priority[] = {(char)('0' + level), '\0'};
    const struct text texts[FIELDS_MAX] = {
        {"MESSAGE=", message},
        {"PRIORITY=", priority},
        {"SYSLOG_IDENTIFIER=", "sitens"},
        {"MESSAGE_ID=", (s ? s : &none)->message_id},
        {"SITENS_ZONE=", (s ? s : &none)->zone},
        {"SITENS_SITE=", (s ? s : &none)->site},
        {"SITENS_STATE=", (s ? s : &none)->state},
        {"SITENS_REASON=", (s ? s : &none)->reason},
    };

    return entry_new(texts, FIELDS_MAX);
}

static struct entry *line_entry(enum log_level level, char *message)
{
    static const char *const names[] = {
        [LOG_ERROR] = "ERROR: ", [LOG_WARN] = "WARNING: ", [LOG_NOTE] = "NOTICE: ",
        [LOG_INFORM] = "INFO: ", [LOG_TRACE] = "DEBUG: ",
    };

    strcat(message, "\n");
    return entry_new(&(const struct text){names[level], message}, 1);
}

static void queue(struct entry *e)
{
    uint64_t before = atomic_exchange(&missed, 0);

    if (e)
        e->dropped = before;
    if (e && lane_put(lane, &e->job))
        return;
    atomic_fetch_add(&dropped, 1);
    atomic_fetch_add(&missed, before + 1);
}

void log_write(enum log_level level, const struct log_subject *subject, const char *format, ...)
{
    char any[2 * TEXT_MAX], text[TEXT_MAX + sizeof "\n"];
    struct entry *e;
    va_list args;

    if (level == LOG_TRACE && !show_trace)
        return;
    va_start(args, format);
    vsnprintf(any, sizeof any, format, args);
    va_end(args);
    value_utf8(any, text, TEXT_MAX); /* else journalctl shows it as [blob data] */
    e = to_journal ? journal_entry(level, subject, text) : line_entry(level, text);
    if (lane && !never_wait)
        lane_wait_for_room(lane);
    queue(e);
}

void log_start(void)
{
    lane = lane_new(WAITING_MAX, on_idle);
}

void log_never_wait(void)
{
    never_wait = true;
}

void log_end(void)
{
    if (lane_free(lane, never_wait ? END_MS : -1))
        lane = NULL;
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}
