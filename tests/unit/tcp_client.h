/* SPDX-License-Identifier: ISC */
/*
 * tcp_client: asks over TCP as clients do that behave well, or do not. What goes wrong on this side
 * ends the test.
 */
#ifndef SITENS_TESTS_UNIT_TCP_CLIENT_H
#define SITENS_TESTS_UNIT_TCP_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* A socket for the server, at a port of the loopback that nobody else has. */
int bound_socket(struct sockaddr_in *ret);

/* Receives until there are size octets, or no more come. Returns how many. */
size_t receive(int fd, void *packet, size_t size);

int connected(const struct sockaddr_in *address);

void send_question(int fd);

bool gets_answer(int fd);

/* Whether a new connection gets an answer. */
bool is_answered(const struct sockaddr_in *address);

/* Sends the query n times, and behind it a frame that ends the connection, all at once: the end may
 * come with the first answer. It hardly has room for what comes. */
int ask_often(const struct sockaddr_in *address, const char *name, size_t n);

/* How many answers come before the connection ends; closes it. */
unsigned count_answers(int fd);

#endif
