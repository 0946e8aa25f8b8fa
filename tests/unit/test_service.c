/* SPDX-License-Identifier: ISC */
/* From decisions to what queries meet, and what is told of it and when. The watch is one that
 * decides what a test says. */
#include "signed_zone.h"

#include <stdlib.h>
#include <string.h>

#include "control/service.h"
#include "control/update.h"

#define SITES                                                                                      \
    ZONE SITE "[site dc3]\nnameserver = ns3.example.org\naddress = 192.0.2.3 2001:db8::3\n"        \
              "[site dc4]\nnameserver = ns4.example.org\naddress = 192.0.2.4 2001:db8::4\n" CHECK

static const time_t NOW = 1800000000;

/* The watch */

struct watch {
    struct gate_decision decision;
    watch_change_fn on_change;
    void *userdata;
};

int __wrap_watch_new(struct watch_env *env, const struct conf *conf, const struct conf_site *self,
                     struct watch *previous, const char *expired, enum gate_override override,
                     watch_change_fn on_change, void *userdata, struct watch **ret);
void __wrap_watch_free(struct watch *watch);
const struct gate_decision *__wrap_watch_decision(const struct watch *watch);
void __wrap_watch_set_expired(struct watch *watch, const char *why);

int __wrap_watch_new(struct watch_env *env, const struct conf *conf, const struct conf_site *self,
                     struct watch *previous, const char *expired, enum gate_override override,
                     watch_change_fn on_change, void *userdata, struct watch **ret)
{
    (void)env, (void)conf, (void)self, (void)expired, (void) override;
    *ret = calloc(1, sizeof **ret);
    (*ret)->on_change = on_change;
    (*ret)->userdata = userdata;
    if (previous)
        (*ret)->decision = previous->decision;
    return 0;
}

void __wrap_watch_free(struct watch *watch)
{
    free(watch);
}

const struct gate_decision *__wrap_watch_decision(const struct watch *watch)
{
    return &watch->decision;
}

void __wrap_watch_set_expired(struct watch *watch, const char *why)
{
    (void)watch, (void)why;
}

/* One zone in service */

struct scene {
    struct generation *generation;
    struct service *service;
    struct table *table;
    struct overrides overrides; /* none */
    int told, shown, wanted;    /* how often: announced, else reported, asked for answers */
};

static void on_change(void *userdata, const struct service_zone *zone, bool announced)
{
    struct scene *s = userdata;

    (void)zone;
    s->told += announced;
    s->shown += !announced;
}

static void on_wanted(void *userdata)
{
    ((struct scene *)userdata)->wanted++;
}

static struct generation *load(void **state, const char *site_file)
{
    struct generation *g = calloc(1, sizeof *g);
    struct signed_zone made = signed_zone_load(state, site_file, NULL);

    g->n_zones = 1;
    g->zones[0].conf = made.conf;
    g->zones[0].self = made.conf->sites;
    g->zones[0].zone = made.zone;
    return g;
}

/* Makes the answers that are wanted. */
static struct table *make(struct generation *g, const struct service *service)
{
    struct update *u = update_new(g, NOW);
    struct table *table;

    if (service)
        u->zones[0].wanted = service_answers_before(service, &g->zones[0], u->zones[0].wanted);
    assert_int_equal(update_run(u), 0);
    table = u->table;
    u->table = NULL;
    update_commit(u);
    update_free(u);
    return table;
}

static void start(struct scene *s, void **state)
{
    const struct service_events events = {on_change, on_wanted, s};

    *s = (struct scene){.generation = load(state, SITES)};
    s->table = make(s->generation, NULL);
    assert_int_equal(
        service_new(NULL, &s->overrides, s->generation, s->table, NULL, &events, &s->service), 0);
}

static void stop(struct scene *s)
{
    service_free(s->service);
    generation_free(s->generation);
    table_free(s->table);
}

static struct answer_set site(const struct scene *s, size_t i)
{
    return answer_set_of_site(s->generation->zones[0].conf, i);
}

static void decide(struct scene *s, enum zone_state state, struct answer_set answers, bool well)
{
    struct watch *watch = s->service->zones[0].watch;

    watch->decision = (struct gate_decision){
        .state = state, .answers = answers, .well = well, .reason = "because"};
    watch->on_change(watch->userdata);
}

/* The answers that were wanted are put in place. */
static void put(struct scene *s)
{
    struct table *made = make(s->generation, s->service), *before = s->table;

    service_set_table(s->service, made);
    s->table = made;
    service_refresh(s->service, NOW);
    table_free(before);
}

static enum table_mode mode(const struct scene *s)
{
    return table_mode(&s->table->zones[0]);
}

static void assert_told(const struct scene *s, enum zone_state state, struct answer_set answers)
{
    const struct service_zone *z = &s->service->zones[0];

    assert_int_equal(z->told.state, state);
    assert_true(answer_set_equal(z->told.answers, answers));
    assert_true(answer_set_equal(service_answers(z), answers));
}

/* Tests */

static void own_answers_need_not_be_made(void **state)
{
    struct scene s;

    start(&s, state);
    assert_int_equal(mode(&s), TABLE_SILENT);
    decide(&s, ZONE_SERVING, site(&s, 0), true);
    assert_int_equal(mode(&s), TABLE_SERVE);
    assert_told(&s, ZONE_SERVING, site(&s, 0));
    decide(&s, ZONE_LAST_RESORT, site(&s, 0), false);
    assert_int_equal(mode(&s), TABLE_NOT_READY);
    assert_told(&s, ZONE_LAST_RESORT, site(&s, 0));
    decide(&s, ZONE_FAILING, (struct answer_set){0}, false);
    assert_int_equal(mode(&s), TABLE_SILENT);
    assert_told(&s, ZONE_FAILING, (struct answer_set){0});
    assert_int_equal(s.wanted, 0);
    assert_int_equal(s.told, 3);
    stop(&s);
}

/* Another reason is shown, but no change of state. */
static void reasons_are_shown(void **state)
{
    struct scene s;

    start(&s, state);
    decide(&s, ZONE_SERVING, site(&s, 0), true);
    decide(&s, ZONE_SERVING, site(&s, 0), true);
    assert_int_equal(s.told, 1);
    assert_int_equal(s.shown, 1);
    assert_int_equal(s.service->zones[0].changes, 1);
    service_refresh(s.service, NOW);
    assert_int_equal(s.told + s.shown, 2);
    stop(&s);
}

/* What is served goes on, marked if the site is not well any more, until the new answers are in
 * place; not before that is anything told. */
static void others_are_in_place_before_they_are_told(void **state)
{
    struct scene s;

    start(&s, state);
    decide(&s, ZONE_SERVING, site(&s, 0), true);
    decide(&s, ZONE_FAILING, site(&s, 1), false);
    assert_int_equal(s.wanted, 1);
    assert_true(service_is_waiting(&s.service->zones[0]));
    assert_int_equal(mode(&s), TABLE_NOT_READY);
    assert_told(&s, ZONE_SERVING, site(&s, 0));
    put(&s);
    assert_int_equal(mode(&s), TABLE_NOT_READY);
    assert_told(&s, ZONE_FAILING, site(&s, 1));
    decide(&s, ZONE_STANDBY, site(&s, 2), true);
    assert_int_equal(mode(&s), TABLE_SERVE);
    assert_told(&s, ZONE_FAILING, site(&s, 1));
    put(&s);
    assert_int_equal(mode(&s), TABLE_SERVE);
    assert_told(&s, ZONE_STANDBY, site(&s, 2));
    stop(&s);
}

/* A silent site stays silent until then: what it has is not what it is to give. */
static void silence_lasts_until_others_are_in_place(void **state)
{
    struct scene s;

    start(&s, state);
    decide(&s, ZONE_STANDBY, site(&s, 1), true);
    assert_int_equal(mode(&s), TABLE_SILENT);
    put(&s);
    assert_int_equal(mode(&s), TABLE_SERVE);
    assert_told(&s, ZONE_STANDBY, site(&s, 1));
    stop(&s);
}

/* A site that is well goes on as it is; one that is not falls silent; both say so, and go on once
 * it succeeds. */
static void others_cannot_be_made(void **state)
{
    for (int well = 0; well < 2; well++) {
        enum zone_state after = well ? ZONE_STANDBY : ZONE_FAILING;
        struct scene s;

        start(&s, state);
        decide(&s, ZONE_SERVING, site(&s, 0), true);
        decide(&s, after, site(&s, 1), well);
        service_failed(s.service, "no memory");
        assert_int_equal(mode(&s), well ? TABLE_SERVE : TABLE_SILENT);
        assert_told(&s, after, well ? site(&s, 0) : (struct answer_set){0});
        assert_true(service_wants_answers(s.service));
        service_failed(s.service, "no memory"); /* again: not told again */
        service_refresh(s.service, NOW);
        assert_int_equal(s.told, 2);
        put(&s);
        assert_int_equal(mode(&s), well ? TABLE_SERVE : TABLE_NOT_READY);
        assert_told(&s, after, site(&s, 1));
        assert_false(service_wants_answers(s.service));
        stop(&s);
    }
}

/* Silence is never waited for, nor SERVFAIL. */
static void nobody_is_given_at_once(void **state)
{
    struct scene s;
    struct watch *watch;

    start(&s, state);
    decide(&s, ZONE_SERVING, site(&s, 0), true);
    decide(&s, ZONE_FAILING, site(&s, 1), false);
    watch = s.service->zones[0].watch;
    watch->decision = (struct gate_decision){.state = ZONE_FAILING, .servfail = true};
    watch->on_change(watch->userdata);
    assert_int_equal(mode(&s), TABLE_SERVFAIL);
    assert_told(&s, ZONE_FAILING, (struct answer_set){0});
    watch->decision.servfail = false;
    watch->on_change(watch->userdata);
    assert_int_equal(mode(&s), TABLE_SILENT);
    stop(&s);
}

/* A reload goes on with the answers there were, by the sites' ids, wherever they stand now. */
static void reload_keeps_the_answers(void **state)
{
    struct scene s;
    struct generation *next;
    struct service *service;
    struct table *table;

    start(&s, state);
    decide(&s, ZONE_FAILING, answer_set_union(site(&s, 1), site(&s, 2)), false);
    put(&s);
    next =
        load(state, ZONE "[site dc4]\nnameserver = ns4.example.org\naddress = 192.0.2.4\n" SITE
                         "[site dc5]\nnameserver = ns5.example.org\naddress = 192.0.2.5\n" CHECK);
    next->zones[0].self = &next->zones[0].conf->sites[1];
    table = make(next, s.service);
    assert_int_equal(
        service_new(NULL, &s.overrides, next, table, s.service, &s.service->events, &service), 0);
    assert_int_equal(generation_answers(next, 0).v4, 1);
    assert_int_equal(generation_answers(next, 0).v6, 0);
    assert_int_equal(table_mode(&table->zones[0]), TABLE_NOT_READY);
    assert_int_equal(service->zones[0].told.state, ZONE_FAILING);
    service_free(service);
    generation_free(next);
    table_free(table);
    stop(&s);
}

static void answers_in_words(void **state)
{
    struct scene s;
    char text[128], cut[8];
    struct answer_set set;

    start(&s, state);
    set = answer_set_union(site(&s, 0), site(&s, 2));
    set.v6 = 0;
    service_answers_text(&s.service->zones[0], set, text, sizeof text);
    assert_string_equal(text, "dc2, dc4 (IPv4 only)");
    service_answers_text(&s.service->zones[0], (struct answer_set){0}, text, sizeof text);
    assert_string_equal(text, "nobody");
    service_answers_text(&s.service->zones[0], set, cut, sizeof cut);
    assert_string_equal(cut, "dc2, dc");
    stop(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(own_answers_need_not_be_made),
        CONF_FILE_TEST(reasons_are_shown),
        CONF_FILE_TEST(others_are_in_place_before_they_are_told),
        CONF_FILE_TEST(silence_lasts_until_others_are_in_place),
        CONF_FILE_TEST(others_cannot_be_made),
        CONF_FILE_TEST(nobody_is_given_at_once),
        CONF_FILE_TEST(reload_keeps_the_answers),
        CONF_FILE_TEST(answers_in_words),
    };

    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
