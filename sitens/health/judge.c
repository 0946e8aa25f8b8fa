/* SPDX-License-Identifier: ISC */
#include "health/judge.h"

void judge_verdict(struct judge *judge, uint32_t rise, uint32_t fall, bool pass)
{
    enum health seen = pass ? HEALTH_UP : HEALTH_DOWN;

    judge->against = judge->health == seen ? 0 : judge->against + 1;
    if (judge->health == HEALTH_UNKNOWN || judge->against >= (pass ? rise : fall))
        *judge = (struct judge){.health = seen};
}

void judge_alarm(struct judge *judge)
{
    *judge = (struct judge){.health = HEALTH_DOWN};
}

bool judge_in_doubt(const struct judge *judge)
{
    return judge->health != HEALTH_UP || judge->against > 0;
}
