/* SPDX-License-Identifier: ISC */
/* What the gate decides, as it looks from outside: the same state, and nothing that is found wrong.
 */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "check/site_answers.h"
#include "health/gate.h"

enum { SITES_MAX = 5, ADDRESSES_MAX = 2, ROUNDS = 200000, NOW = 100000 };

/* Sites, their policy, and what is known of them, all at random. */
struct scene {
    struct conf conf;
    struct conf_site sites[SITES_MAX];
    struct conf_check check;
    struct gate_check result;
    struct gate_peer peers[SITES_MAX];
    size_t self;
};

static struct rise_fall random_result(uint32_t *seed)
{
    enum health health = (enum health)(test_random(seed) % 3);

    return (struct rise_fall){.health = health,
                              .alarmed = health == HEALTH_DOWN && test_random(seed) % 2};
}

static void add_addresses(struct conf_site *site, size_t number, uint32_t *seed)
{
    size_t n = 1 + test_random(seed) % ADDRESSES_MAX;

    for (size_t i = 0; i < n; i++) {
        struct address *address = &site->address.at[site->address.n++];

        address->family = test_random(seed) % 2 ? AF_INET6 : AF_INET;
        address->octets[0] = 10;
        address->octets[1] = (uint8_t)number;
        address->octets[3] = (uint8_t)i;
    }
}

static void make_scene(struct scene *s, uint32_t *seed)
{
    static char id[] = "dc", name[] = "";

    *s = (struct scene){.conf = {.name = (char *)"get.example.org",
                                 .sites = s->sites,
                                 .n_sites = 1 + test_random(seed) % SITES_MAX,
                                 .checks = &s->check,
                                 .n_checks = 1},
                        .check = {.name = name, .rise = 1, .fall = 1},
                        .result = {.result = random_result(seed), .reason = "random"}};
    s->self = test_random(seed) % s->conf.n_sites;
    s->conf.policy = (struct conf_policy){.answer = test_random(seed) % 2 ? CONF_ANSWER_SERVING
                                                                          : CONF_ANSWER_OWN,
                                          .withdraw = (enum conf_withdraw)(test_random(seed) % 3),
                                          .last_resort = test_random(seed) % 2};
    for (size_t i = 0; i < s->conf.n_sites; i++) {
        s->sites[i].id = id;
        s->sites[i].preference = 10 * (test_random(seed) % 3);
        add_addresses(&s->sites[i], i, seed);
        s->peers[i] = (struct gate_peer){random_result(seed), random_result(seed)};
    }
}

static struct gate_decision decide(const struct scene *s)
{
    struct gate_input in = {
        .conf = &s->conf, .self = s->self, .checks = &s->result, .peers = s->peers};
    struct gate_decision d;
    struct gate gate = {0};

    gate_step(&gate, &in, NOW, &d);
    return d;
}

/* The records that give those addresses. */
static ldns_rr_list *records_of(const struct conf *conf, struct answer_set set, int family)
{
    ldns_rr_list *records = ldns_rr_list_new();
    char text[128], address[ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < conf->n_sites; i++)
        for (size_t k = 0; answer_set_has(set, i, family) && k < conf->sites[i].address.n; k++) {
            ldns_rr *rr;

            if (conf->sites[i].address.at[k].family != family)
                continue;
            snprintf(text, sizeof text, "%s. 60 IN %s %s", conf->name,
                     family == AF_INET6 ? "AAAA" : "A",
                     address_text(&conf->sites[i].address.at[k], address));
            assert_int_equal(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL), LDNS_STATUS_OK);
            ldns_rr_list_push_rr(records, rr);
        }
    return records;
}

static struct site_answers seen(const struct scene *s, const struct gate_decision *d)
{
    struct site_answers answers = {.conf = &s->conf, .self = s->self, .marked = !d->well};
    static const int families[] = {AF_INET, AF_INET6};

    for (size_t i = 0; i < LENGTH(families); i++) {
        ldns_rr_list *records = records_of(&s->conf, d->answers, families[i]);

        site_answers_add(&answers, families[i], records);
        ldns_rr_list_deep_free(records);
    }
    return answers;
}

static void test_whatever_the_gate_decides(void **state)
{
    unsigned counts[ZONE_STATES] = {0};
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct scene s;
        struct gate_decision d;
        struct site_answers answers;

        make_scene(&s, &seed);
        d = decide(&s);
        if (answer_set_is_empty(d.answers))
            continue;
        answers = seen(&s, &d);
        assert_true(answer_set_equal(answers.given, d.answers));
        assert_string_equal(site_state_name(site_answers_state(&answers)),
                            zone_state_name(d.state));
        assert_true(site_answers_are_right(&answers));
        counts[d.state]++;
    }
    assert_true(counts[ZONE_SERVING] && counts[ZONE_STANDBY] && counts[ZONE_FAILING] &&
                counts[ZONE_LAST_RESORT]);
}

/* An address that is nobody's, or one of two, is never right. */
static void test_foreign_addresses(void **state)
{
    uint32_t seed = 2;

    (void)state;
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        struct scene s;
        struct gate_decision d;
        struct site_answers answers = {0};
        ldns_rr_list *records;

        make_scene(&s, &seed);
        d = decide(&s);
        records = records_of(&s.conf, d.answers, AF_INET);
        if (ldns_rr_list_rr_count(records)) {
            uint8_t *octets = ldns_rdf_data(ldns_rr_rdf(ldns_rr_list_rr(records, 0), 0));

            octets[0] ^= 1;
            answers = (struct site_answers){.conf = &s.conf, .self = s.self, .marked = !d.well};
            site_answers_add(&answers, AF_INET, records);
            assert_true(answers.foreign);
            assert_false(site_answers_are_right(&answers));
        }
        ldns_rr_list_deep_free(records);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_the_gate_decides),
        cmocka_unit_test(test_foreign_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
