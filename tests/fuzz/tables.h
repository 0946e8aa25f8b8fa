/* SPDX-License-Identifier: ISC */
/* tables: the answers for get.example.test at site dc1, one of two. */
#ifndef SITENS_TESTS_FUZZ_TABLES_H
#define SITENS_TESTS_FUZZ_TABLES_H

#include <stdbool.h>
#include <time.h>

#include "dns/table.h"

/* Makes two: with the addresses of dc1, and with those of both sites. Ends the program on failure.
 */
void tables_make(bool is_signed, time_t now, struct table *ret[2]);

#endif
