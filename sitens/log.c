/* SPDX-License-Identifier: ISC */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* No source location in the journal: it would be that of this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

enum { FIELDS_MAX = 8, TEXT_MAX = 2048 };

static bool to_journal, show_trace;

/* $JOURNAL_STREAM names the device and inode that stderr has when it leads to the journal
 * (systemd.exec(5)); after a redirection it does not match. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_init(bool verbose)
{
    to_journal = stderr_is_journal();
    show_trace = verbose;
}

struct entry {
    struct iovec fields[FIELDS_MAX];
    char *owned[FIELDS_MAX];
    int n;
};

static void add_field(struct entry *e, const char *name, const char *value)
{
    int length;

    if (!value || e->n == FIELDS_MAX)
        return;
    length = asprintf(&e->owned[e->n], "%s=%s", name, value);
    if (length < 0)
        return;
    e->fields[e->n] = (struct iovec){e->owned[e->n], (size_t)length};
    e->n++;
}

static void write_journal(enum log_level level, const struct log_subject *s, const char *text)
{
    struct entry e = {.n = 0};
    char priority[2] = {(char)('0' + level), '\0'};

    add_field(&e, "MESSAGE", text);
    add_field(&e, "PRIORITY", priority);
    add_field(&e, "SYSLOG_IDENTIFIER", "sitens");
    if (s) {
        add_field(&e, "MESSAGE_ID", s->message_id);
        add_field(&e, "SITENS_ZONE", s->zone);
        add_field(&e, "SITENS_SITE", s->site);
        add_field(&e, "SITENS_STATE", s->state);
        add_field(&e, "SITENS_REASON", s->reason);
    }
    sd_journal_sendv(e.fields, e.n);
    while (e.n > 0)
        free(e.owned[--e.n]);
}

void log_write(enum log_level level, const struct log_subject *subject, const char *format, ...)
{
    static const char *const names[] = {
        [LOG_ERROR] = "ERROR", [LOG_WARN] = "WARNING", [LOG_NOTE] = "NOTICE",
        [LOG_INFORM] = "INFO", [LOG_TRACE] = "DEBUG",
    };
    char text[TEXT_MAX];
    va_list args;

    if (level == LOG_TRACE && !show_trace)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (to_journal)
        write_journal(level, subject, text);
    else
        fprintf(stderr, "%s: %s\n", names[level], text);
}
