/* SPDX-License-Identifier: ISC */
/* What every unit test includes: cmocka and the headers it wants before itself. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka comes last: it uses the above without including them. */
#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The next number of a reproducible random sequence (xorshift32); *state is its seed, not 0. */
static inline uint32_t unit_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

#endif
