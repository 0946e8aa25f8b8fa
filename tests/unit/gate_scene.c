/* SPDX-License-Identifier: ISC */
#include "gate_scene.h"

#include <string.h>
#include <sys/socket.h>

struct rise_fall result_of(char c)
{
    if (strchr("+A1", c))
        return (struct rise_fall){.health = HEALTH_UP};
    if (strchr("-D0x", c))
        return (struct rise_fall){.health = HEALTH_DOWN, .alarmed = c == 'x'};
    if (c == 'p')
        return (struct rise_fall){.health = HEALTH_DOWN, .against = 1};
    return (struct rise_fall){0};
}

static struct conf_policy policy_of(const char *letters)
{
    return (struct conf_policy){
        .answer = strchr(letters, 's') ? CONF_ANSWER_SERVING : CONF_ANSWER_OWN,
        .withdraw = strchr(letters, 'h')   ? CONF_WITHDRAW_HAND_OVER
                    : strchr(letters, 'f') ? CONF_WITHDRAW_SERVFAIL
                                           : CONF_WITHDRAW_SILENT,
        .comeback = strchr(letters, 'M') ? CONF_RETURN_MANUAL : CONF_RETURN_AUTOMATIC,
        .last_resort = strchr(letters, 'l'),
        .hold_down_ms = 1500,
        .hold_down_max_ms = 60000};
}

void add_address(struct conf_site *site, int family)
{
    site->address.at[site->address.n++].family = family;
}

void set_scene(struct scene *s, const struct row *row)
{
    static char ids[SITES_MAX][4] = {"dc1", "dc2", "dc3", "dc4", "dc5", "dc6"};

    *s = (struct scene){.in = {.conf = &s->conf, .checks = s->checks, .peers = s->peers}};
    s->conf.policy = policy_of(row->policy);
    s->conf.sites = s->sites;
    s->conf.checks = s->conf_checks;
    s->conf.n_sites = 1 + strlen(row->peers);
    s->conf.n_checks = strlen(row->checks);
    for (size_t i = 0; i < s->conf.n_sites; i++) {
        char c = i ? row->peers[i - 1] : '+';

        s->sites[i].id = ids[i];
        s->sites[i].preference = strchr("ADU", c) ? 10 : strchr("10", c) ? 30 : OWN;
        add_address(&s->sites[i], AF_INET);
        s->peers[i].v4 = result_of(c);
    }
    for (size_t i = 0; i < s->conf.n_checks; i++) {
        s->conf_checks[i] =
            (struct conf_check){.name = i ? (char *)"second" : (char *)"", .rise = 3};
        s->checks[i] = (struct gate_check){result_of(row->checks[i]), "HTTP status N"};
    }
    s->conf.name = (char *)"get.example.org";
    s->gate.inherited = row->inherited;
    s->gate.override = strchr(row->policy, 'I')   ? GATE_IN
                       : strchr(row->policy, 'O') ? GATE_OUT
                       : strchr(row->policy, 'M') ? GATE_HELD
                                                  : GATE_AUTO;
    if (row->held)
        s->gate.hold =
            (struct hold){.since_ms = NOW - 1000, .until_ms = NOW + 500, .length_ms = 1500};
}

struct gate_decision decide(const struct row *row)
{
    struct scene s;
    struct gate_decision d;

    set_scene(&s, row);
    gate_step(&s.gate, &s.in, NOW, &d);
    return d;
}
