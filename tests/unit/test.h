/* SPDX-License-Identifier: ISC */
/* What every unit test includes first: cmocka, after the headers that it needs but does not name.
 */
#ifndef SITENS_TESTS_UNIT_TEST_H
#define SITENS_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#endif
