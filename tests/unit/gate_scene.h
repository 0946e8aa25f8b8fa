/* SPDX-License-Identifier: ISC */
/* gate_scene: what a row of the gate's truth table says, as the gate is told it. */
#ifndef SITENS_TESTS_UNIT_GATE_SCENE_H
#define SITENS_TESTS_UNIT_GATE_SCENE_H

#include "health/gate.h"

enum { NOW = 100000, SITES_MAX = 6, OWN = 20 };

/*
 * One row of the truth table. checks: one letter a check; + up, - down, p down but it passes again,
 * ? not known yet. peers: one letter a peer, which has an IPv4 address; + up, - down, ? unknown; x
 * down by its own word. Capital letters (A up, D down, U unknown) come before this site, digits (1
 * up, 0 down) behind it.
 */
struct row {
    const char *checks, *peers;
    const char *policy; /* letters: l last-resort, s answer = serving, h hand-over, f servfail; of
                           the operator: I in, O out, M held by return = manual */
    bool held;
    enum health inherited;
    enum zone_state state;
    const char *answers; /* the sites given: o own, letters as in peers; "": nobody */
    const char *reason;  /* a part of it */
};

/* What a row makes. */
struct scene {
    struct conf conf;
    struct conf_site sites[SITES_MAX];
    struct conf_check conf_checks[4];
    struct gate_check checks[4];
    struct gate_peer peers[SITES_MAX];
    struct gate gate;
    struct gate_input in;
};

struct rise_fall result_of(char c);

void add_address(struct conf_site *site, int family);

/* Site 0 is this one. */
void set_scene(struct scene *s, const struct row *row);

struct gate_decision decide(const struct row *row);

#endif
