/* SPDX-License-Identifier: ISC */
#include "alike.h"

#include <string.h>

/* Gives each state the number of its group, by what everybody sees of it. Returns how many. */
static size_t tell_by_look(const struct site *site, uint16_t *group)
{
    struct found faults = {0}, looks = {0};
    size_t n;

    for (size_t state = 0; state < site->states.n; state++) {
        const struct look *look = &site->look[state];
        uint64_t key = found_add(&faults, (uintptr_t)look->broken, 0);

        key = key << 1 | look->alive;
        key = key << 4 | look->state;
        key = key << 2 | look->override;
        key = key << 2 | look->heard;
        key = key << SITES_MAX | look->answers;
        group[state] = (uint16_t)found_add(&looks, key, 0);
    }
    n = looks.n;
    found_done(&faults);
    found_done(&looks);
    return n;
}

/* Parts the groups further, by the group to which event leads. Returns how many there are then. */
static size_t tell_by_event(const struct site *site, uint16_t *group, unsigned event)
{
    uint16_t parted[STATES_MAX];
    struct found pairs = {0};
    size_t n;

    for (size_t state = 0; state < site->states.n; state++) {
        uint64_t key = (uint64_t)group[state] << 16 | group[site->next[state][event]];

        parted[state] = (uint16_t)found_add(&pairs, key, 0);
    }
    memcpy(group, parted, site->states.n * sizeof *group);
    n = pairs.n;
    found_done(&pairs);
    return n;
}

void alike_merge(struct site *site, unsigned n_events)
{
    uint16_t group[STATES_MAX];
    size_t n = tell_by_look(site, group), n_before;

    do {
        n_before = n;
        for (unsigned event = 0; event < n_events; event++)
            n = tell_by_event(site, group, event);
    } while (n > n_before);
    for (size_t state = 0; state < site->states.n; state++) {
        site->look[group[state]] = site->look[state];
        for (unsigned event = 0; event < n_events; event++)
            site->next[group[state]][event] = group[site->next[state][event]];
    }
    site->n = n;
}
