/* SPDX-License-Identifier: ISC */
/*
 * peer_message: the one question to another site, and what its answer means.
 *
 * The question is for the zone's SOA, which every site answers as long as it answers anything. The
 * answer is trusted for nothing but yes or no.
 *
 * Pure: octets in, octets or a result out.
 */
#ifndef SITENS_HEALTH_PEER_MESSAGE_H
#define SITENS_HEALTH_PEER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

enum { PEER_QUERY_MAX = 512 };

enum peer_answer {
    PEER_ANSWERS,   /* authoritative, with the SOA, and not marked as not ready */
    PEER_NOT_READY, /* marked as not ready: it says itself that it is not well */
    PEER_REFUSES,   /* any other answer to our question */
    PEER_TRUNCATED, /* to be asked again over TCP */
    PEER_UNRELATED, /* not an answer to our question */
};

/* Writes the query for zone with that id to out, PEER_QUERY_MAX octets. Returns its length, or
 * -errno. */
int peer_query(const char *zone, uint16_t id, uint8_t *out);

/* Reads a message of length octets. *ret_why says in a few words what it is, a static string. */
enum peer_answer peer_answer(const uint8_t *message, size_t length, const char *zone, uint16_t id,
                             const char **ret_why);

#endif
