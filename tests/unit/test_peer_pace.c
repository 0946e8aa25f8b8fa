/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "health/peer_pace.h"

/* Whatever `fall` is: no site is given up before a second has passed without an answer, by default
 * not later either, and not for the loss of one datagram. */
static void silence_of_a_second(void **state)
{
    struct peer_pace near = {0};

    (void)state;
    peer_pace_measured(&near, 20);
    assert_int_equal(2 * peer_pace_timeout_ms(&near, 2), PEER_SILENCE_MS);
    for (uint32_t fall = 1; fall <= 100; fall++) {
        assert_true(fall * peer_pace_timeout_ms(&near, fall) >= PEER_SILENCE_MS);
        assert_true(peer_pace_sends(fall) >= 2 && peer_pace_sends(fall) <= PEER_SENDS_MAX);
        assert_true(fall * peer_pace_sends(fall) >= 4);
    }
}

/* The last datagram of a probe has time for the round trip, and for some more. */
static void far_sites_are_waited_for(void **state)
{
    (void)state;
    for (double trip = 1; trip < 1500; trip += 7) {
        struct peer_pace pace = {0};

        for (int i = 0; i < 50; i++)
            peer_pace_measured(&pace, trip);
        for (uint32_t fall = 1; fall <= 3; fall++) {
            uint32_t last = (peer_pace_sends(fall) - 1) * PEER_SEND_MS;

            assert_true(peer_pace_timeout_ms(&pace, fall) + 1 >= last + (uint32_t)trip);
            assert_true(peer_pace_timeout_ms(&pace, fall) <= last + PEER_SEND_MS + (uint32_t)trip);
        }
    }
}

static void unsteady_sites_are_waited_for_longer(void **state)
{
    struct peer_pace steady = {0}, unsteady = {0};

    (void)state;
    for (int i = 0; i < 50; i++) {
        peer_pace_measured(&steady, 300);
        peer_pace_measured(&unsteady, i % 2 ? 100 : 500);
    }
    assert_true(peer_pace_timeout_ms(&unsteady, 2) > peer_pace_timeout_ms(&steady, 2) + 200);
}

/* Nothing is known yet, or nonsense was measured (the host was suspended): the wait is bounded. */
static void bounds(void **state)
{
    struct peer_pace unknown = {0}, absurd = {0};

    (void)state;
    assert_int_equal(peer_pace_timeout_ms(&unknown, 2), PEER_SEND_MS + PEER_TRIP_UNKNOWN_MS);
    peer_pace_measured(&absurd, 1e12);
    assert_int_equal(peer_pace_timeout_ms(&absurd, 2), PEER_SEND_MS + PEER_TRIP_MAX_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_of_a_second),
        cmocka_unit_test(far_sites_are_waited_for),
        cmocka_unit_test(unsteady_sites_are_waited_for_longer),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests_name("peer_pace", tests, NULL, NULL);
}
