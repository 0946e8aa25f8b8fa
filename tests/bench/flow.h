/* SPDX-License-Identifier: ISC */
/*
 * flow: queries that leave by one socket, UDP or TCP, and their answers.
 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <netinet/in.h>

#include "queries.h"

enum { FLOW_BURST_MAX = 64, FLOW_PATIENCE_MS = 200 };

struct flow {
    struct queries *queries;
    int fd;
    bool tcp;
    unsigned next_id;
    unsigned outstanding;
    uint64_t answers, wrong, lost; /* lost: given up */
    uint64_t late;                 /* of these, answers that came nevertheless */
    bool waiting[QUERIES_IDS];
    size_t input_length; /* TCP: frames not complete yet */
    uint8_t input[128 * 1024];
};

/* Connects to the server. Returns 0 or -errno. */
int flow_open(struct flow *flow, struct queries *queries, const struct sockaddr_in *server,
              bool tcp);

void flow_close(struct flow *flow);

/* Sends n queries, 1 to FLOW_BURST_MAX, in one system call. Returns 0 or -errno. */
int flow_send(struct flow *flow, unsigned n);

/* Takes what answers there are; with wait, it waits FLOW_PATIENCE_MS for something to come. Returns
 * the number of those that were waited for (others may come late), -EAGAIN when nothing came, or
 * another -errno. */
int flow_receive(struct flow *flow, bool wait);

/* Gives up what is outstanding. */
void flow_forget(struct flow *flow);

/* Answers that came and found no room in the socket's buffer: lost by the kernel, on this side. */
uint64_t flow_dropped(const struct flow *flow);

#endif
