/* SPDX-License-Identifier: ISC */
/*
 * peer_ask: asks one address of another site once, over UDP or TCP.
 *
 * Each question has a socket, hence a port, and an id of its own, both random. It waits until it is
 * cancelled.
 */
#ifndef SITENS_HEALTH_PEER_ASK_H
#define SITENS_HEALTH_PEER_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "peer_message.h"

struct peer_ask;

/* Called once, never from inside peer_ask_new(). what is never PEER_UNRELATED, and PEER_REFUSES
 * also when the address cannot be reached. why is valid only during the call. */
typedef void (*peer_ask_fn)(void *userdata, enum peer_answer what, const char *why);

/* Asks address for zone, which must outlive the question. Returns 0 or -errno. */
int peer_ask_new(uv_loop_t *loop, const struct sockaddr *address, const char *zone, bool over_tcp,
                 peer_ask_fn on_end, void *userdata, struct peer_ask **ret);

/* Frees a question; before its end this cancels it: no on_end follows. NULL is allowed. */
void peer_ask_free(struct peer_ask *ask);

#endif
