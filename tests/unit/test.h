/* SPDX-License-Identifier: ISC */
/* What every unit test includes first: cmocka, after the headers that it needs but does not name.
 */
#ifndef SITENS_TESTS_UNIT_TEST_H
#define SITENS_TESTS_UNIT_TEST_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* cmocka's own is in a header of the system: compilers do not look at what its formats get. */
#undef fail_msg
#define fail_msg(format, ...)                                                                      \
    do {                                                                                           \
        print_error("ERROR: " format "\n", ##__VA_ARGS__);                                         \
        fail();                                                                                    \
    } while (0)

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The next number of a reproducible random sequence (xorshift32); *state is its seed, not 0. */
static inline uint32_t test_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

#endif
