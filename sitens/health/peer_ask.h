/* SPDX-License-Identifier: ISC */
/*
 * peer_ask: asks one address of another site once, over UDP and, if that brings no answer, TCP.
 *
 * Each question has a socket, hence a port, and an id of its own, both random.
 */
#ifndef SITENS_HEALTH_PEER_ASK_H
#define SITENS_HEALTH_PEER_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct peer_ask;

/* Called once, never from inside peer_ask_new(). why is valid only during the call. */
typedef void (*peer_ask_fn)(void *userdata, bool answers, const char *why);

/*
 * Asks address for zone, which must outlive the question. After udp_ms without an answer it turns
 * to TCP, and waits there until it is cancelled. Returns 0 or -errno.
 */
int peer_ask_new(uv_loop_t *loop, const struct sockaddr *address, const char *zone, uint32_t udp_ms,
                 peer_ask_fn on_end, void *userdata, struct peer_ask **ret);

/* Frees a question; before its end this cancels it: no on_end follows. NULL is allowed. */
void peer_ask_free(struct peer_ask *ask);

#endif
