/* SPDX-License-Identifier: ISC */
/*
 * log: what the operator reads. The journal with structured fields where stderr leads to it, lines
 * "LEVEL: text" on stderr everywhere else.
 *
 * Each kind of message that asks for a look has an id of its own; deploy/sitens.catalog explains
 * it, and `journalctl -x` shows the explanation.
 *
 * Whoever reads it may stop reading, and the daemon goes on: once log_start() was called, a thread
 * of its own writes. It keeps some thousand messages; what does not fit is counted, and told once
 * the log can be written again.
 *
 * Threads: any, after log_start(). Nothing on the query path logs.
 */
#ifndef SITENS_LOG_H
#define SITENS_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Values of syslog. */
enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_NOTE = 5, LOG_INFORM = 6, LOG_TRACE = 7 };

/* Message ids, as the journal and the catalog have them. */
#define LOG_ID_SERVING     "2446f5c33eeb4f27a242b735c95dfd26"
#define LOG_ID_FAILING     "ea62b56c891e460db5f34ef80260f043"
#define LOG_ID_STANDBY     "a9a49df67c0c4100ba2abee19a62bae0"
#define LOG_ID_LAST_RESORT "1e8b60031ece49a8aaff68171b86c22f"
#define LOG_ID_ANSWERS     "c0103bcb5cfa4b5e8f85e97e0b75f077"
#define LOG_ID_OUT         "b4d7c66480aa423fb8d5cfd05719bce6"
#define LOG_ID_OVERRIDE    "e9dd914fad124cf88bd38349cbbcb250"
#define LOG_ID_EXPIRED     "a24cd5dce3a9449fb39e9559988fbd1a"
#define LOG_ID_BAD_CONFIG  "8a0fc5ba278c4aa5b5141a597e4f2ae9"
#define LOG_ID_NO_ADDRESS  "0a16d637987442f3ba07d786bc4a1355"
#define LOG_ID_DOUBT       "ec2d8a5117b54cd5bb39f9a4122f250d"
#define LOG_ID_STUCK       "f2f52fc85dfe40589f51f3cfff3ee653"

/* What a message is about; each member may be NULL. Become the journal fields MESSAGE_ID,
 * SITENS_ZONE, SITENS_SITE, SITENS_STATE and SITENS_REASON. */
struct log_subject {
    const char *message_id, *zone, *site, *state, *reason;
};

/* Chooses between journal and stderr. verbose: messages of level LOG_TRACE are shown too. */
void log_init(bool verbose);

/* From now on a thread of its own writes. While the daemon starts, log_write() still waits where
 * there is no room, so that every fault of a site file is shown; after log_never_wait() it does not
 * wait for anything. */
void log_start(void);
void log_never_wait(void);

/* Writes what is queued: for half a second at most, but all of it if log_never_wait() was not
 * called. To be called when nothing will be logged any more. */
void log_end(void);

/* How many messages were dropped, for want of room or because they could not be written. */
uint64_t log_dropped(void);

/* Writes one message; subject may be NULL. */
void log_write(enum log_level level, const struct log_subject *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...)   log_write(LOG_ERROR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARN, NULL, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_NOTE, NULL, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFORM, NULL, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_TRACE, NULL, __VA_ARGS__)

#endif
