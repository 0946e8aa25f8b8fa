/* SPDX-License-Identifier: ISC */
#include "hold.h"

static uint32_t next_length(const struct hold *hold, const struct conf_policy *policy,
                            uint64_t now_ms)
{
    if (!hold->length_ms || now_ms - hold->since_ms >= policy->hold_down_max_ms)
        return policy->hold_down_ms;
    /* Halving the limit instead of doubling the length cannot overflow. */
    return hold->length_ms > policy->hold_down_max_ms / 2 ? policy->hold_down_max_ms
                                                          : hold->length_ms * 2;
}

bool hold_update(struct hold *hold, const struct conf_policy *policy, bool up, uint64_t now_ms)
{
    if (hold->in_service && !up) {
        hold->length_ms = next_length(hold, policy, now_ms);
        hold->until_ms = now_ms + hold->length_ms;
        hold->in_service = false;
        hold->since_ms = now_ms;
    } else if (!hold->in_service && up && now_ms >= hold->until_ms) {
        hold->in_service = true;
        hold->since_ms = now_ms;
    }
    return hold->in_service;
}
