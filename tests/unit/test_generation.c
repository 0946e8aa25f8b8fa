/* SPDX-License-Identifier: ISC */
#include "signed_zone.h"

#include "control/generation.h"
#include "dns/sign.h"

static const time_t NOW = 1800000000, HOUR = 3600;

enum { DUE, SIGNED, UNSIGNED, ZONES };

static struct zone *load(void **state, const char *site_file)
{
    struct zone *zone = signed_zone_load(state, site_file, NULL);

    if (zone->keys)
        zone->keys->newest = 0; /* whatever the clock of this host says */
    return zone;
}

static void no_failure(void *userdata, const char *text)
{
    (void)userdata;
    fail_msg("%s", text);
}

/* What is not in the answers must not be judged in place of what is. */
static void discarded_signatures(void **state)
{
    struct generation g = {.n_zones = ZONES};
    const char *why;

    key_file_make(state, "k", LDNS_SIGN_ECDSAP256SHA256);
    for (size_t i = 0; i < ZONES; i++)
        g.zones[i].zone = load(state, i == UNSIGNED ? ZONE SITE CHECK
                                                    : ZONE "dnssec-key = k.private\n" SITE CHECK);
    assert_int_equal(sign_zone(g.zones[SIGNED].zone, NOW - HOUR), 0);
    assert_int_equal(generation_sign(&g, NOW, no_failure, NULL), 1);
    generation_discard(&g, NOW);

    assert_false(sign_is_valid(g.zones[DUE].zone, NOW, &why));
    assert_string_equal(why, "signing failed");
    assert_int_equal(sign_expiry(g.zones[DUE].zone), 0);
    assert_true(sign_is_valid(g.zones[SIGNED].zone, NOW, &why));
    assert_true(sign_is_valid(g.zones[UNSIGNED].zone, NOW, &why));

    generation_discard(&g, NOW); /* there is nothing left */
    assert_false(sign_is_due(g.zones[DUE].zone, NOW + SIGN_RETRY_S - 1));
    assert_true(sign_is_due(g.zones[DUE].zone, NOW - HOUR)); /* the clock was set back */
    assert_int_equal(generation_sign(&g, NOW + SIGN_RETRY_S, no_failure, NULL), 1);
    assert_true(sign_is_valid(g.zones[DUE].zone, NOW + SIGN_RETRY_S, &why));
    for (size_t i = 0; i < ZONES; i++)
        zone_free(g.zones[i].zone);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CONF_FILE_TEST(discarded_signatures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
