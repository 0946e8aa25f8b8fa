/* SPDX-License-Identifier: ISC */
/*
 * rrl: response rate limiting by client prefix and kind of answer.
 *
 * The answers of a signed zone are up to eleven times as long as the queries
 * (docs/rate-limiting.md), which makes the server worth abusing with forged source addresses. Each
 * /24 or /56 gets a budget of answers a second of each kind; beyond it most answers are dropped and
 * every second one is sent truncated (TC=1), so that a real client behind the forged address comes
 * back by TCP. The table has a fixed size and forgets by being overwritten; nothing is allocated
 * after rrl_new().
 *
 * Threads: every worker has its own struct rrl.
 */
#ifndef SITENS_DNS_RRL_H
#define SITENS_DNS_RRL_H

#include <stddef.h>
#include <stdint.h>

struct rrl;

enum rrl_kind { RRL_ANSWER, RRL_NEGATIVE, RRL_ERROR };

enum rrl_action {
    RRL_SEND,
    RRL_SLIP, /* send it truncated, without records */
    RRL_DROP,
};

/* rate: answers a second to one prefix and kind, with a burst of the same size; 1 or more.
 * Returns 0 or -errno. */
int rrl_new(uint32_t rate, struct rrl **ret);

void rrl_free(struct rrl *rrl);

/* Accounts for one answer to address (4 or 16 octets) at now_ms of a monotonic clock. */
enum rrl_action rrl_account(struct rrl *rrl, const uint8_t *address, size_t address_length,
                            enum rrl_kind kind, uint64_t now_ms);

#endif
