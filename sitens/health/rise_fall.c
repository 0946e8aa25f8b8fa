/* SPDX-License-Identifier: ISC */
#include "rise_fall.h"

void rise_fall_result(struct rise_fall *rise_fall, uint32_t rise, uint32_t fall, bool pass)
{
    enum health seen = pass ? HEALTH_UP : HEALTH_DOWN;

    rise_fall->against = rise_fall->health == seen ? 0 : rise_fall->against + 1;
    rise_fall->alarmed = rise_fall->alarmed && pass;
    if (rise_fall->health == HEALTH_UNKNOWN || rise_fall->against >= (pass ? rise : fall))
        *rise_fall = (struct rise_fall){.health = seen};
}

void rise_fall_alarm(struct rise_fall *rise_fall)
{
    *rise_fall = (struct rise_fall){.health = HEALTH_DOWN, .alarmed = true};
}

bool rise_fall_in_doubt(const struct rise_fall *rise_fall)
{
    return rise_fall->health != HEALTH_UP || rise_fall->against > 0;
}
