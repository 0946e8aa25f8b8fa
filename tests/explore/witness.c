/* SPDX-License-Identifier: ISC */
#include "witness.h"

enum { COUNT_BITS = 3, COUNT_MAX = (1 << COUNT_BITS) - 1 };

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

uint32_t witness_pack(const struct witness *witness)
{
    uint32_t key = (uint32_t)witness->passed << 1 | witness->withdrew;

    key = key << COUNT_BITS | witness->row;
    key = key << COUNT_BITS | witness->serves;
    key = key << COUNT_BITS | witness->away;
    return key << COUNT_BITS | witness->relapse;
}

struct witness witness_unpack(uint32_t key)
{
    return (struct witness){.relapse = key & COUNT_MAX,
                            .away = key >> COUNT_BITS & COUNT_MAX,
                            .serves = key >> 2 * COUNT_BITS & COUNT_MAX,
                            .row = key >> 3 * COUNT_BITS & COUNT_MAX,
                            .withdrew = key >> 4 * COUNT_BITS & 1,
                            .passed = key >> (4 * COUNT_BITS + 1)};
}

void witness_round(struct witness *witness, const struct conf *conf, uint32_t round_ms, bool passes,
                   bool in_service)
{
    unsigned enough = conf->policy.hold_down_max_ms / round_ms,
             row_max =
                 conf->checks->rise > conf->checks->fall ? conf->checks->rise : conf->checks->fall;

    witness->row = witness->passed == passes ? min(witness->row + 1, row_max) : 1;
    witness->passed = passes;
    if (in_service)
        witness->serves = min(witness->serves + 1, enough);
    else if (witness->withdrew)
        witness->away = min(witness->away + 1, enough);
}

enum health witness_health(const struct witness *witness, const struct conf *conf,
                           enum health before)
{
    uint32_t enough = witness->passed ? conf->checks->rise : conf->checks->fall;

    if (before != HEALTH_UNKNOWN && witness->row < enough)
        return before;
    return witness->passed ? HEALTH_UP : HEALTH_DOWN;
}

/* Whether it has been away for its hold-down: doubled by each relapse. */
static bool has_waited(const struct witness *witness, const struct conf *conf, uint32_t round_ms)
{
    const struct conf_policy *policy = &conf->policy;
    uint32_t hold_ms = policy->hold_down_ms << witness->relapse;

    if (hold_ms > policy->hold_down_max_ms)
        hold_ms = policy->hold_down_max_ms;
    return !witness->withdrew || witness->away * round_ms >= hold_ms;
}

bool witness_contradicts(struct witness *witness, const struct conf *conf, uint32_t round_ms,
                         const struct gate *before, const struct gate *after)
{
    bool was_in = before->hold.in_service, is_in = after->hold.in_service,
         up = after->health == HEALTH_UP,
         due = up && (was_in || has_waited(witness, conf, round_ms)),
         relapses = witness->withdrew && witness->serves * round_ms < conf->policy.hold_down_max_ms;

    if (was_in && !is_in) {
        witness->relapse = relapses ? min(witness->relapse + 1, COUNT_MAX) : 0;
        witness->withdrew = true;
        witness->away = 0;
    }
    if (was_in != is_in)
        witness->serves = 0;
    return is_in != due;
}
